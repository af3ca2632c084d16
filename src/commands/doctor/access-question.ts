import type { NamespacedName } from "../../api/meta.ts";

/** Whether an account may do one thing. */
export interface AccessQuestion {
  /** A ServiceAccount; undefined: whoever asks. */
  readonly account: NamespacedName | undefined;
  /** Undefined: in all namespaces, or of a kind that stands in none. */
  readonly namespace: string | undefined;
  readonly group: string;
  /** Plural, with the subresource behind a slash. */
  readonly resource: string;
  /** @default objects of any name */
  readonly name?: string | undefined;
  readonly verb: string;
}

/** What was answered; questions that could not be asked are not there. */
export type AccessAnswers = ReadonlyMap<string, boolean>;

/** By which the answer to a question is found. */
export function questionKey({ account, namespace, group, resource, name, verb }: AccessQuestion): string {
  return JSON.stringify([account?.namespace, account?.name, namespace, group, resource, name, verb]);
}

/** The questions that were answered with no. */
export function refusedOnes<Q extends AccessQuestion>(questions: readonly Q[], answers: AccessAnswers): readonly Q[] {
  return questions.filter((question) => answers.get(questionKey(question)) === false);
}
