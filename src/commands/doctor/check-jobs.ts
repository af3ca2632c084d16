import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
import { planAllocation } from "../../pipeline/allocation-plan.ts";
import type { AllocationProblem } from "../../pipeline/allocation-problem.ts";
import { errorMessage } from "../../observability/error-text.ts";
import { type AccessQuestion, refusedOnes } from "./access-question.ts";
import { CERTIFICATES_DEFINITION } from "./check-definitions.ts";
import { operatorAccounts } from "./check-operator.ts";
import type { Finding, Mending } from "./finding.ts";
import { nameOf, type Observation, type ObservedAllocator } from "./observation.ts";
import { withSettings } from "./with-settings.ts";

type Withholding = Pick<Observation, "allocators" | "missingDefinitions" | "operators" | "ownName">;

/** What is asked about the operator's account where it would have to issue certificates. */
export function certificateQuestions(observation: Withholding): readonly AccessQuestion[] {
  return observation.allocators
    .filter((allocator) => withheldBy(allocator).length > 0)
    .flatMap((allocator) => issuingQuestions(allocator, observation));
}

/** Whether the jobs of each allocator are served, with what it takes to scrape their targets. */
export function checkJobs(observation: Observation): readonly Finding[] {
  return observation.allocators.flatMap((allocator) => [
    ...problemsOf(allocator, "JobRejected").map((problem) => notServed(allocator, problem)),
    ...credentialsWithheld(allocator, observation),
  ]);
}

function notServed({ owner }: ObservedAllocator, { job, message }: AllocationProblem): Finding {
  const what = job === undefined ? "no job is served" : `job ${JSON.stringify(job)} is not served`;
  return { code: "JobNotServed", object: nameOf(owner), message: `${what}: ${message}`, mending: {} };
}

/** What shows credentials to everybody is never among what can be applied without being read. */
function credentialsWithheld(allocator: ObservedAllocator, observation: Observation): readonly Finding[] {
  const withheld = withheldBy(allocator);
  if (withheld.length === 0) return [];
  const path = allocator.settingsPath.join(".");
  const lacks = refusedOnes(issuingQuestions(allocator, observation), observation.answers).length > 0;
  const first = lacks
    ? "; the operator may not issue certificates, so let it by the command below, and look again for the setting"
    : "";
  const message = `collectors get masks in place of the credentials of ${describeJobs(withheld)}, because they ask over plain HTTP; mutual TLS serves them (${path}.mtls, see docs/mutual-tls.md)${first}; where everybody in the cluster may read them, ${path}.allowInsecureAuthSecrets does too`;
  const mending = mutualTls(allocator, { observation, lacks });
  return [{ code: "CredentialsWithheld", object: nameOf(allocator.owner), message, mending }];
}

/** Pods would wait for certificates that nobody may issue, so there the permission comes first. */
function mutualTls(
  allocator: ObservedAllocator,
  { observation, lacks }: { readonly observation: Withholding; readonly lacks: boolean },
): Mending {
  const { useCertManager: given = true } = allocator.spec.mtls ?? {};
  const useCertManager = wouldUseCertManager(allocator, observation);
  const source = useCertManager === given ? {} : { useCertManager };
  const apply = [withSettings(allocator, { mtls: { enabled: true, ...source } })];
  if (!isIssuedByOperator(allocator, observation)) return { apply };
  const run = ["kubectl apply -k config/rbac-optional/certificates"];
  return lacks ? { run } : { run, apply };
}

/** As it will be with mutual TLS. */
function isIssuedByOperator(allocator: ObservedAllocator, observation: Withholding): boolean {
  return allocator.spec.mtls?.tls === undefined && !wouldUseCertManager(allocator, observation);
}

/** The API server fills in that cert-manager is used, whether there is one or not. */
function wouldUseCertManager({ spec }: ObservedAllocator, { missingDefinitions }: Withholding): boolean {
  return spec.mtls?.useCertManager !== false && !missingDefinitions.has(CERTIFICATES_DEFINITION);
}

function issuingQuestions(allocator: ObservedAllocator, observation: Withholding): readonly AccessQuestion[] {
  if (!isIssuedByOperator(allocator, observation)) return [];
  const { namespace } = allocator.name;
  return operatorAccounts(observation).flatMap((account) =>
    ["create", "get", "patch"].map((verb) => ({ account, namespace, group: "", resource: "secrets", verb })),
  );
}

function withheldBy(allocator: ObservedAllocator): readonly AllocationProblem[] {
  return problemsOf(allocator, "CredentialsWithheld");
}

function describeJobs(problems: readonly AllocationProblem[]): string {
  const names = problems.map(({ job = "" }) => JSON.stringify(job));
  return `${names.length === 1 ? "job" : "jobs"} ${names.join(", ")}`;
}

/** What the allocator itself would report of its file. */
function problemsOf(
  { fileText }: ObservedAllocator,
  wanted: "CredentialsWithheld" | "JobRejected",
): readonly AllocationProblem[] {
  return allProblems(fileText).filter(({ reason }) => reason === wanted);
}

function allProblems(fileText: string): readonly AllocationProblem[] {
  try {
    return planAllocation(readTargetAllocatorFile(fileText)).problems;
  } catch (error) {
    return [{ reason: "JobRejected", message: errorMessage(error) }];
  }
}
