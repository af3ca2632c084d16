import { describe, expect, it } from "@jest/globals";

import { RequestLimit } from "../../../src/discovery/aws/request-limit.ts";

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("RequestLimit", () => {
  it.each([
    { limit: 2, most: 2 },
    { limit: 0, most: 1 },
  ])("lets $most run at a time with a limit of $limit, and all in the end", async ({ limit, most }) => {
    const requests = new RequestLimit(limit);
    let [running, seen] = [0, 0];
    const request = async (): Promise<number> => {
      running += 1;
      seen = Math.max(seen, running);
      await turn();
      running -= 1;
      return seen;
    };
    const first = Array.from({ length: 5 }, async () => requests.run(request));
    await turn();
    const later = Array.from({ length: 5 }, async () => requests.run(request));
    expect(await Promise.all([...first, ...later])).toHaveLength(10);
    expect([seen, running]).toEqual([most, 0]);
  });

  it("begins nothing more after a failure", async () => {
    const requests = new RequestLimit(1);
    const begun: string[] = [];
    const failing = requests.run(async () => {
      await turn();
      throw new Error("no");
    });
    const waiting = requests.run(async () => begun.push("waiting"));
    await expect(failing).rejects.toThrow("no");
    await expect(waiting).rejects.toThrow("no");
    await expect(requests.run(async () => begun.push("later"))).rejects.toThrow("no");
    expect(begun).toEqual([]);
  });
});
