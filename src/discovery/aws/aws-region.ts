import { MetadataService } from "@aws-sdk/ec2-metadata-service";
import { loadConfig } from "@smithy/core/config";

/** A machine without this service gives no answer at all: that must not take long. */
const TIMEOUT_MS = 2_000;
const IDENTITY_PATH = "/latest/dynamic/instance-identity/document";

/**
 * The region of this process: that of its environment, of its AWS configuration file, or of the EC2 machine that it runs
 * on. Rejects when none of them knows one.
 */
export async function findOwnRegion(): Promise<string> {
  return loadConfig(
    {
      environmentVariableSelector: (env) => env["AWS_REGION"] || env["AWS_DEFAULT_REGION"],
      configFileSelector: (profile) => profile["region"],
      default: findMachineRegion,
    },
    { preferredFile: "credentials" },
  )();
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
async function findMachineRegion(): Promise<string> {
  if ((await switchedOff()) === "true") throw new Error("AWS_EC2_METADATA_DISABLED forbids to ask the machine");
  const service = new MetadataService({ httpOptions: { timeout: TIMEOUT_MS }, retries: 0 });
  const document: unknown = JSON.parse(await service.request(IDENTITY_PATH, {}));
  const region = typeof document === "object" && document !== null && "region" in document ? document.region : "";
  if (typeof region === "string" && region !== "") return region;
  throw new Error(`${IDENTITY_PATH} of the machine's metadata service names no region`);
}

/** Whether the machine's metadata service must not be asked, in the words of the environment. */
async function switchedOff(): Promise<string> {
  return loadConfig({
    environmentVariableSelector: (env) => env["AWS_EC2_METADATA_DISABLED"]?.toLowerCase(),
    configFileSelector: () => undefined,
    default: "false",
  })();
}
