import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { ec2 } from "../../../src/discovery/aws/ec2.ts";
import { localSecretFiles } from "../../../src/discovery/http-client/secret.ts";
import { createPollingDiscoverer } from "../../../src/discovery/polling-discoverer.ts";
import { queryApi, xml } from "../../support/aws-answers.ts";
import { discoveryStages } from "../../support/discovery-stage.ts";
import { holdEnvironment, withEnvironment } from "../../support/environment.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type Answer, json, type TestServer, TestServers } from "../../support/http-servers.ts";
import { polledStages, type PolledStage, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const servers = new TestServers();
const makeDirectory = temporaryDirectories();
const held = holdEnvironment();
const startStage = discoveryStages();
const begin = polledStages({
  mechanism: ec2,
  settings: ({ url }) => ({ endpoint: url, filters: [] }),
});

const api = queryApi({
  DescribeAvailabilityZones: () => xml("<DescribeAvailabilityZonesResponse/>"),
  DescribeInstances: () =>
    xml(
      `<DescribeInstancesResponse><reservationSet><item><instancesSet>
        <item><instanceId>i-1</instanceId><privateIpAddress>10.0.0.1</privateIpAddress></item>
      </instancesSet></item></reservationSet></DescribeInstancesResponse>`,
    ),
});
const KEYS = { access_key: "AKIA-SETTINGS", secret_key: "secret" };

/** Discovers once, in an environment that has nothing of AWS but what is given. */
async function discover(environment: Readonly<Record<string, string>>, settings: DataObject): Promise<PolledStage> {
  const none = join(makeDirectory(), "none");
  const bare: Record<string, string | undefined> = {
    AWS_PROFILE: undefined,
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: undefined,
    AWS_ROLE_ARN: undefined,
    AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
    AWS_SHARED_CREDENTIALS_FILE: none,
    AWS_CONFIG_FILE: none,
    AWS_EC2_METADATA_DISABLED: "true",
    // Nothing answers there: a test never asks the machine that it runs on.
    AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1",
    AWS_ENDPOINT_URL_STS: undefined,
    ...environment,
  };
  return withEnvironment(bare, async () => begin(routed({ "/": api }), settings));
}

/** Who asked first, as the signature says: the key and the region. */
function signerOf({ requests }: TestServer): string | undefined {
  return /Credential=(?<key>[^/]+)\/\d+\/(?<region>[^/]+)/
    .exec(requests[0]?.headers.authorization ?? "")
    ?.slice(1)
    .join(" in ");
}

/** A file of AWS's own tools. */
function file(text: string): string {
  const directory = makeDirectory();
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "aws");
  writeFileSync(path, text);
  return path;
}

function field(form: URLSearchParams, name: string): string {
  return form.get(name) ?? "";
}

/** Gives credentials for a role. Their key says what was asked. */
function tokenService(action: string, nameOf: (form: URLSearchParams) => string): Answer {
  return queryApi({
    [action]: (form) =>
      xml(
        `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
          <AccessKeyId>ASIA-${nameOf(form)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
          <SessionToken>session</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
        </Credentials></${action}Result></${action}Response>`,
      ),
  });
}

const profiles = `
[default]
aws_access_key_id = AKIA-DEFAULT
aws_secret_access_key = secret
[shop]
aws_access_key_id = AKIA-SHOP
aws_secret_access_key = secret
`;

/** A machine's metadata service, version 2 only. */
const metadata: Answer = (request, response) => {
  if (request.method === "PUT" && request.url === "/latest/api/token") response.end("token");
  else if (request.headers["x-aws-ec2-metadata-token"] !== "token") response.writeHead(401).end();
  else json({ region: "us-gov-west-1" })(request, response);
};

/** Makes a discoverer of jobs that may not use the identity of the process. */
function createForeign(settings: DataObject): unknown {
  return createPollingDiscoverer(
    ec2,
    { refresh_interval: "1m", port: 80, filters: [], ...settings },
    {
      clock: new FakeClock(),
      files: localSecretFiles,
      proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
      observer: { refreshed: () => undefined, ended: () => undefined },
      noFiles: "not here",
    },
  );
}

describe("credentials for AWS", () => {
  it("are the key and its secret of the settings", async () => {
    const environment = { AWS_ACCESS_KEY_ID: "AKIA-ENVIRONMENT", AWS_SECRET_ACCESS_KEY: "secret" };
    const { server } = await discover(environment, { region: "eu-west-2", profile: "shop", ...KEYS });
    expect(signerOf(server)).toBe("AKIA-SETTINGS in eu-west-2");
  });

  it("are those of the environment when the settings have no key, or one without its secret", async () => {
    const environment = { AWS_ACCESS_KEY_ID: "AKIA-ENVIRONMENT", AWS_SECRET_ACCESS_KEY: "secret" };
    const { server } = await discover(environment, { region: "eu-west-2", access_key: "half" });
    expect(signerOf(server)).toBe("AKIA-ENVIRONMENT in eu-west-2");
  });

  it("are those of a profile, or of the default profile", async () => {
    const environment = { AWS_SHARED_CREDENTIALS_FILE: file(profiles) };
    const [named, standard] = [
      await discover(environment, { region: "eu-west-2", profile: "shop" }),
      await discover(environment, { region: "eu-west-2" }),
    ];
    expect(signerOf(named.server)).toBe("AKIA-SHOP in eu-west-2");
    expect(signerOf(standard.server)).toBe("AKIA-DEFAULT in eu-west-2");
  });

  it("are those of a role that is assumed with them", async () => {
    const sts = await servers.start(
      tokenService("AssumeRole", (form) => `${field(form, "RoleArn")}-${field(form, "ExternalId")}`),
    );
    const settings = { region: "eu-west-2", ...KEYS, role_arn: "role", external_id: "shop" };
    const { server } = await discover({ AWS_ENDPOINT_URL_STS: sts.url }, settings);
    expect([signerOf(sts), signerOf(server)]).toEqual(["AKIA-SETTINGS in eu-west-2", "ASIA-role-shop in eu-west-2"]);
    expect(server.requests[0]?.headers["x-amz-security-token"]).toBe("session");
  });

  it("are those of the pod's service account", async () => {
    const sts = await servers.start(
      tokenService(
        "AssumeRoleWithWebIdentity",
        (form) => `${field(form, "RoleArn")}-${field(form, "WebIdentityToken")}`,
      ),
    );
    const environment = {
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ROLE_ARN: "pods",
      AWS_WEB_IDENTITY_TOKEN_FILE: file("token-of-the-cluster"),
    };
    const { server } = await discover(environment, { region: "eu-west-2" });
    expect(signerOf(server)).toBe("ASIA-pods-token-of-the-cluster in eu-west-2");
  });

  it("are missed visibly: when a role is refused", async () => {
    const error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>";
    const sts = await servers.start(xml(`<ErrorResponse>${error}</ErrorResponse>`, 403));
    const settings = { region: "eu-west-2", ...KEYS, role_arn: "role" };
    const { stage, server } = await discover({ AWS_ENDPOINT_URL_STS: sts.url }, settings);
    expect(stage.sink.failing).toBe(`POST ${sts.url}/: HTTP 403 Forbidden: "AccessDenied: not you"`);
    expect([stage.sink.updates, server.requests]).toEqual([[], []]);
  });

  it("are missed visibly: when there are none", async () => {
    const { stage } = await discover({}, { region: "eu-west-2" });
    expect(stage.sink.failing).toContain(
      "ec2_sd_configs: no credentials could be had; set access_key and secret_key, or give this machine a role: ",
    );
    expect(stage.sink.updates).toEqual([]);
  });

  it("are looked for again after a failure", async () => {
    const { stage } = await discover({}, { region: "eu-west-2" });
    const environment = { AWS_ACCESS_KEY_ID: "AKIA-LATE", AWS_SECRET_ACCESS_KEY: "secret" };
    await withEnvironment(environment, async () => {
      await stage.clock.advance(60_000);
      await stage.looked(2);
    });
    expect(stage.sink.failing).toBeUndefined();
  });
});

describe("the region", () => {
  it.each<{ from: string; environment: () => Readonly<Record<string, string>> }>([
    { from: "AWS_REGION", environment: () => ({ AWS_REGION: "ap-south-1", AWS_DEFAULT_REGION: "eu-west-1" }) },
    { from: "AWS_DEFAULT_REGION", environment: () => ({ AWS_DEFAULT_REGION: "ap-south-1" }) },
    {
      from: "the configuration file",
      environment: () => ({ AWS_CONFIG_FILE: file("[default]\nregion = ap-south-1\n") }),
    },
  ])("is that of $from when the settings name none", async ({ environment }) => {
    const { server, groups } = await discover(environment(), KEYS);
    expect([signerOf(server), groups[0]?.source]).toEqual(["AKIA-SETTINGS in ap-south-1", "ap-south-1"]);
  });

  it("is the machine's own when nothing names one", async () => {
    const { url } = await servers.start(metadata);
    const { groups } = await discover(
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: "false" },
      KEYS,
    );
    expect(groups[0]?.source).toBe("us-gov-west-1");
  });

  it.each<{ what: string; answer: Answer }>([
    { what: "answers with an error", answer: json({}, 404) },
    { what: "names no region", answer: json({}) },
    { what: "answers nonsense", answer: (_, response) => response.end("{") },
  ])("is missed visibly when the metadata service $what", async ({ answer }) => {
    const { url } = await servers.start(answer);
    const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: "false" };
    const { stage, server } = await discover(environment, KEYS);
    expect(stage.sink.failing).toContain(
      "ec2_sd_configs: no region is set, and this machine does not know one; set region: ",
    );
    expect([stage.sink.updates, server.requests]).toEqual([[], []]);
  });

  it("is not waited for by a job that ends", async () => {
    const silent = await servers.start(() => undefined);
    held.set({
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      AWS_CONFIG_FILE: join(makeDirectory(), "none"),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: silent.url,
      AWS_EC2_METADATA_DISABLED: undefined,
    });
    const settings = { refresh_interval: "1m", port: 80, filters: [], ...KEYS };
    const stage = startStage((surroundings) => createPollingDiscoverer(ec2, settings, surroundings));
    await stage.until(() => silent.requests.length > 0, "a question to the metadata service");
    await stage.stop();
    expect([stage.sink.updates, stage.sink.failures]).toEqual([[], []]);
  });

  it("is not asked of a machine where that is switched off", async () => {
    const service = await servers.start(metadata);
    const { stage } = await discover({ AWS_EC2_METADATA_SERVICE_ENDPOINT: service.url }, KEYS);
    expect(stage.sink.failing).toContain("AWS_EC2_METADATA_DISABLED forbids to ask the machine");
    expect(service.requests).toEqual([]);
  });
});

describe("jobs that may not use the identity of the process", () => {
  it.each<{ settings: DataObject; says: string }>([
    { settings: {}, says: "region, access_key, secret_key must be set" },
    { settings: { region: "r", access_key: "a" }, says: "secret_key must be set" },
    { settings: { region: "r", role_arn: "role" }, says: "access_key, secret_key must be set" },
    { settings: { region: "r", ...KEYS, profile: "shop" }, says: "profile cannot be set: not here" },
  ])("must say everything themselves: $says", ({ settings, says }) => {
    expect(() => createForeign(settings)).toThrow(says);
    expect(() => createForeign(settings)).toThrow("not here");
  });

  it("work with keys of their own, assumed roles included", () => {
    expect(() => createForeign({ region: "r", ...KEYS, role_arn: "role" })).not.toThrow();
  });
});

describe("endpoint", () => {
  it("must be a URL that can be asked", async () => {
    const failing = (async () => discover({}, { region: "r", ...KEYS, endpoint: "ec2.example.com" }))();
    await expect(failing).rejects.toThrow(
      "ec2_sd_configs: endpoint ec2.example.com must begin with http:// or https://",
    );
  });
});
