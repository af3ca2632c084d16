import type { ExplanationJson } from "../../http/explanation-json.ts";
import { EXPLAIN_PATH } from "../../http/routes/explain.ts";
import type { ExplainDiscovered, ExplainOptions } from "../../options/explain-options.ts";

type DiscoveredOptions = ExplainDiscovered & Pick<ExplainOptions, "job" | "limit">;

/** A job of very many targets is worked through in seconds, and a few who ask have to wait for each other. */
const PATIENCE_MS = 60_000;

/** Asks a running target allocator, or operator, about targets that it has discovered. */
export async function explainDiscovered(options: DiscoveredOptions, signal: AbortSignal): Promise<ExplanationJson> {
  const { base, job, limit, address, text } = options;
  const query = new URLSearchParams({
    job,
    limit: String(limit),
    ...(address === undefined ? {} : { address }),
    ...(text === undefined ? {} : { target: text }),
  });
  const response = await ask(`${base}${EXPLAIN_PATH}?${query.toString()}`, base, signal);
  const answer = toJson(await response.text());
  if (response.status === 200 && isExplanation(answer)) return answer;
  if (response.status !== 200 && typeof answer === "string") throw new Error(`${base}: ${answer}`);
  throw new Error(
    `${base} does not explain targets: ${EXPLAIN_PATH} is answered with status ${String(response.status)}; ` +
      "give the URL of a target allocator of this program, or of a resource in its operator " +
      "(http://…/namespaces/NAMESPACE/opentelemetrycollectors/NAME)",
  );
}

async function ask(url: string, base: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`no answer from ${base} (--from); check that a target allocator serves there`, { cause: error });
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isExplanation(answer: unknown): answer is ExplanationJson {
  return Array.isArray((answer as Partial<ExplanationJson> | null | undefined)?.targets);
}
