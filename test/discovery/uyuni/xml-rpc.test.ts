import { describe, expect, it } from "@jest/globals";

import { decodeResponse, encodeCall } from "../../../src/discovery/uyuni/xml-rpc.ts";

const answer = (value: string): string =>
  `<?xml version="1.0"?>\n<methodResponse> <params><param>\n${value}\n</param></params></methodResponse>`;

describe("encodeCall", () => {
  it("writes texts, numbers and lists", () => {
    expect(encodeCall("a.b", ["<&>", 1, [2, 3]])).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>a.b</methodName><params>' +
        "<param><value><string>&lt;&amp;&gt;</string></value></param>" +
        "<param><value><int>1</int></value></param>" +
        "<param><value><array><data><value><int>2</int></value><value><int>3</int></value></data></array></value></param>" +
        "</params></methodCall>",
    );
  });
});

describe("decodeResponse", () => {
  it.each<{ name: string; value: string; want: unknown }>([
    { name: "a text without a type", value: "<value>a &amp; b</value>", want: "a & b" },
    { name: "a text", value: "<value><string>a</string></value>", want: "a" },
    { name: "an empty text", value: "<value><string/></value>", want: "" },
    { name: "a number", value: "<value><i4>-7</i4></value>", want: -7 },
    { name: "a large number", value: "<value><i8>1000010000</i8></value>", want: 1_000_010_000 },
    { name: "a fraction", value: "<value><double>1.5</double></value>", want: 1.5 },
    { name: "a switch", value: "<value><boolean>1</boolean></value>", want: true },
    { name: "a switch that is off", value: "<value><boolean>0</boolean></value>", want: false },
    { name: "nothing", value: "<value><nil/></value>", want: undefined },
    { name: "an empty list", value: "<value><array><data/></array></value>", want: [] },
    {
      name: "a time, as it is written",
      value: "<value><dateTime.iso8601>20260101T00:00:00</dateTime.iso8601></value>",
      want: "20260101T00:00:00",
    },
    {
      name: "structures in a list",
      value:
        "<value><array><data><value><struct><member><name>id</name><value><int>1</int></value></member>" +
        "<member><name>__proto__</name><value>x</value></member></struct></value></data></array></value>",
      want: [Object.fromEntries([["id", 1] as const, ["__proto__", "x"] as const])],
    },
  ])("reads $name", ({ value, want }) => {
    expect(decodeResponse(answer(value), "call").raw).toEqual(want);
  });

  it("throws what the server says when it refuses", () => {
    const fault =
      "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>2950</int></value></member>" +
      "<member><name>faultString</name><value>wrong password</value></member></struct></value></fault></methodResponse>";
    expect(() => decodeResponse(fault, "call")).toThrow("refused: wrong password (fault 2950)");
  });

  it.each<[text: string, says: string]>([
    ["{}", "a document must have one element"],
    ["<html></html>", "its element must be <methodResponse>, not <html>"],
    ["<methodResponse/>", "<methodResponse> is empty"],
    ["<methodResponse><params/></methodResponse>", "<params> is empty"],
    [answer("<x/>"), "<x> stands where a <value> must be"],
    [answer("<value><array/></value>"), "<array> is empty"],
    [answer("<value><struct><member><name>a</name></member></struct></value>"), "a <member> must have a <name>"],
  ])("refuses %s", (text, says) => {
    expect(() => decodeResponse(text, "call")).toThrow(says);
  });
});
