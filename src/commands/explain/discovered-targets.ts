import type { ExplanationJson } from "../../http/explanation-json.ts";
import { EXPLAIN_PATH } from "../../http/routes/explain.ts";
import type { ExplainDiscovered, ExplainOptions } from "../../options/explain-options.ts";
import { askAllocator } from "./ask-allocator.ts";

type DiscoveredOptions = ExplainDiscovered & Pick<ExplainOptions, "job" | "limit">;

/** Asks a running target allocator, or operator, about targets that it has discovered. */
export async function explainDiscovered(options: DiscoveredOptions, signal: AbortSignal): Promise<ExplanationJson> {
  const { base, tls, job, limit, address, text } = options;
  const query = new URLSearchParams({
    job,
    limit: String(limit),
    ...(address === undefined ? {} : { address }),
    ...(text === undefined ? {} : { target: text }),
  });
  const { status, answer } = await askAllocator(`${EXPLAIN_PATH}?${query.toString()}`, { base, tls }, signal);
  if (status === 200 && isExplanation(answer)) return answer;
  if (status !== 200 && typeof answer === "string") throw new Error(`${base}: ${answer}`);
  throw new Error(
    `${base} does not explain targets: ${EXPLAIN_PATH} is answered with status ${String(status)}; ` +
      "give the URL of a target allocator of this program, or of a resource in its operator " +
      "(http://…/namespaces/NAMESPACE/opentelemetrycollectors/NAME)",
  );
}

function isExplanation(answer: unknown): answer is ExplanationJson {
  return Array.isArray((answer as Partial<ExplanationJson> | null | undefined)?.targets);
}
