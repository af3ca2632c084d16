import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { signOsc } from "../../../src/discovery/outscale/osc-signature.ts";
import { outscale } from "../../../src/discovery/outscale/outscale.ts";
import { type Answer, json } from "../../support/http-servers.ts";
import { describePolledMechanism, polledStages, routed } from "../../support/polled-mechanism-suite.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const MACHINE = {
  VmId: "i-9fdf3aa1",
  State: "running",
  PrivateIp: "10.0.0.10",
  PublicIp: "192.0.2.10",
  Placement: { SubregionName: "eu-west-2a", Tenancy: "default" },
  Tags: [
    { Key: "env.name", Value: "prod" },
    { Key: "empty", Value: "" },
  ],
};
const CREDENTIALS = { accessKey: "AK", secretKey: "SK", region: "eu-west-2" };
const PATH = "/api/v1/ReadVms";

/** Answers those who have signed what they ask, page by page. */
function pages(machines: readonly (readonly unknown[])[], credentials = CREDENTIALS): Answer {
  return (request, response) => {
    const { body, headers, url } = request;
    const date = String(headers["x-osc-date"]);
    const time = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    const asked = {
      url: new URL(url, `http://${headers.host ?? ""}`),
      contentType: headers["content-type"] ?? "",
      body,
    };
    const { authorization } = signOsc(asked, credentials, time);
    if (headers.authorization !== authorization) {
      return json({ Errors: [{ Code: "1", Type: "AccessDenied" }] }, 401)(request, response);
    }
    const page = Number((JSON.parse(body) as { NextPageToken?: string }).NextPageToken ?? 0);
    const next = page + 1 < machines.length ? { NextPageToken: String(page + 1) } : {};
    return json({ Vms: machines[page], ...next })(request, response);
  };
}

const kind = {
  mechanism: outscale,
  settings: ({ url }: { url: string }) => ({
    endpoint: `${url}/api/v1`,
    region: "eu-west-2",
    access_key: "AK",
    secret_key: "SK",
  }),
  routes: { [PATH]: pages([[MACHINE]]) },
};
const begin = polledStages(kind);
const newDirectory = temporaryDirectories();

describePolledMechanism("outscale_sd_configs", kind);

describe("outscale_sd_configs", () => {
  it("finds machines with their labels", async () => {
    const { groups } = await begin(routed(kind.routes), { port: 9100 });
    expect(groups).toEqual([
      {
        source: "eu-west-2",
        labels: {},
        targets: [
          {
            __address__: "10.0.0.10:9100",
            __meta_outscale_vm_instance_id: "i-9fdf3aa1",
            __meta_outscale_vm_region: "eu-west-2",
            __meta_outscale_vm_subregion: "eu-west-2a",
            __meta_outscale_vm_state: "running",
            __meta_outscale_vm_private_ip: "10.0.0.10",
            __meta_outscale_vm_public_ip: "192.0.2.10",
            __meta_outscale_vm_tag_env_name: "prod",
          },
        ],
      },
    ]);
  });

  it("takes the public address of a machine without a private one, and leaves out one without any", async () => {
    const machines = [{ VmId: "public", PublicIp: "192.0.2.1" }, { VmId: "none" }];
    const { groups } = await begin(routed({ [PATH]: pages([machines]) }));
    expect(groups[0]?.targets).toEqual([
      {
        __address__: "192.0.2.1:80",
        __meta_outscale_vm_instance_id: "public",
        __meta_outscale_vm_region: "eu-west-2",
        __meta_outscale_vm_state: "",
        __meta_outscale_vm_public_ip: "192.0.2.1",
      },
    ]);
  });

  it("reads all pages", async () => {
    const machines = ["a", "b", "c"].map((VmId) => [{ ...MACHINE, VmId }]);
    const { groups } = await begin(routed({ [PATH]: pages(machines) }));
    const ids = groups.flatMap(({ targets }) => targets.map((target) => target["__meta_outscale_vm_instance_id"]));
    expect(ids).toEqual(["a", "b", "c"]);
  });

  it("reads its key from a file, anew each time", async () => {
    const path = join(newDirectory(), "key");
    writeFileSync(path, "old");
    const { stage } = await begin(pages([[MACHINE]], { ...CREDENTIALS, secretKey: "new" }), {
      secret_key: "",
      secret_key_file: path,
    });
    expect(stage.sink.failing).toContain("HTTP 401 Unauthorized");
    writeFileSync(path, "new\n");
    await stage.clock.advance(60_000);
    await stage.looked(2);
    expect(stage.sink.failing).toBeUndefined();
  });
});
