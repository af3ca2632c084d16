import { describe, expect, it } from "@jest/globals";

import { untilDoneOrAborted } from "../../src/discovery/until-done-or-aborted.ts";

const never = new Promise<never>(() => undefined);

describe("untilDoneOrAborted", () => {
  it("settles as the result does", async () => {
    const { signal } = new AbortController();
    expect(await untilDoneOrAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilDoneOrAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
  });

  it("rejects with the reason when it is aborted, be it before", async () => {
    const abort = new AbortController();
    const waiting = untilDoneOrAborted(never, abort.signal);
    abort.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
    await expect(untilDoneOrAborted(never, abort.signal)).rejects.toThrow("stop");
  });
});
