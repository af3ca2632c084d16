import { describe, expect, it } from "@jest/globals";

import { toServerAddress } from "../../../src/discovery/zookeeper/server-address.ts";

describe("toServerAddress", () => {
  it.each<[text: string, host: string, port: number]>([
    ["zk-1", "zk-1", 2181],
    ["zk-1.example.com:2182", "zk-1.example.com", 2182],
    [" 10.0.0.1:2181 ", "10.0.0.1", 2181],
    ["[fd00::1]", "fd00::1", 2181],
    ["[fd00::1]:2183", "fd00::1", 2183],
  ])("reads %j", (text, host, port) => {
    expect(toServerAddress(text)).toEqual({ host, port });
  });

  it.each([[""], [":2181"], ["a:b"], ["a:99999"], ["fd00::1"], ["a b"], ["zk://a"]])("refuses %j", (text) => {
    expect(() => toServerAddress(text)).toThrow("is no ZooKeeper server; write host:port");
  });
});
