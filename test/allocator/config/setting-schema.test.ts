import { describe, expect, it } from "@jest/globals";

import { fieldsOf, listOf } from "../../../src/allocator/config/setting-schema.ts";

describe("fieldsOf", () => {
  it("reads a table of keys, sorted by key", () => {
    expect(fieldsOf("b!:int=80 a? d?:names~ c!:bool*", { names: listOf({ type: "string" }) })).toEqual([
      { key: "a", type: { type: "string" }, unsetBy: "nothing", always: false },
      { key: "b", type: { type: "int" }, unsetBy: "nothing", always: true, default: 80 },
      { key: "c", type: { type: "bool" }, unsetBy: "null", always: true },
      {
        key: "d",
        type: { type: "list", of: { type: "string" }, nullItems: "zero" },
        unsetBy: "absence",
        always: false,
      },
    ]);
  });

  it.each([
    ["a", "no field: a"],
    ["a?:what", "no type: a?:what"],
  ])("refuses the table %j", (table, message) => {
    expect(() => fieldsOf(table)).toThrow(message);
  });
});
