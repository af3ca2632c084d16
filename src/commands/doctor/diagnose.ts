import { accumulate } from "./accumulate.ts";
import { allocatorQuestions, checkAllocators, checkResources } from "./check-allocators.ts";
import { checkUnread, checkVersion } from "./check-cluster.ts";
import { checkMonitorDefinitions, checkOwnDefinitions } from "./check-definitions.ts";
import { certificateQuestions, checkJobs } from "./check-jobs.ts";
import { checkNetworkPolicies } from "./check-network-policies.ts";
import { checkOperatorAccess, checkOperators, operatorQuestions } from "./check-operator.ts";
import { checkSelectors } from "./check-selectors.ts";
import { checkWebhooks } from "./check-webhooks.ts";
import type { AccessQuestion } from "./access-question.ts";
import type { Finding } from "./finding.ts";
import type { Observation } from "./observation.ts";

const CHECKS: readonly ((observation: Observation) => readonly Finding[])[] = [
  checkVersion,
  checkOwnDefinitions,
  checkOperators,
  checkOperatorAccess,
  checkWebhooks,
  checkMonitorDefinitions,
  checkResources,
  checkAllocators,
  checkJobs,
  checkSelectors,
  checkNetworkPolicies,
  checkUnread,
];

/** Everything that is found in what was seen, check by check. */
export function diagnose(observation: Observation): readonly Finding[] {
  const { collectors = [], targetAllocators = [], operators = [] } = observation;
  const findings = CHECKS.flatMap((check) => check(observation));
  return accumulate(findings, [...collectors, ...targetAllocators, ...operators]);
}

/** What has to be asked of the API server before {@link diagnose}. */
export function questionsAbout(
  observation: Pick<Observation, "operators" | "ownName" | "allocators" | "namespaces" | "missingDefinitions">,
): readonly AccessQuestion[] {
  return [...operatorQuestions(observation), ...allocatorQuestions(observation), ...certificateQuestions(observation)];
}
