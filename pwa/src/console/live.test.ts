import { describe, expect, it } from "vitest";

import { addressOf, isNewer, Parser } from "./live";
import { csvOf } from "./parts/csv";
import { placeOf } from "./router";

describe("the live stream", () => {
  const whole = ': up to date\nid: 7.1\nretry: 1500\n\nid: 7.2\ndata: {"a":1}\n\nevent: reset\ndata: {}\n\n';

  it.each([1, 2, 7, 1000])("is read alike in pieces of %d characters", (size) => {
    const parser = new Parser();
    const found = [];
    for (let at = 0; at < whole.length; at += size) found.push(...parser.read(whole.slice(at, at + size)));
    expect(found).toEqual([
      { id: "7.1", event: "message", data: "" },
      { id: "7.2", event: "message", data: '{"a":1}' },
      { id: "", event: "reset", data: "{}" },
    ]);
  });

  it.each([
    ["7.2", "7.1", true], ["7.1", "7.1", false], ["7.1", "7.2", false], ["10.1", "9.9", true],
    ["9007199254740993.1", "9007199254740992.1", true], ["7.1", "", true],
  ])("knows whether %s is newer than %s", (id, other, expected) => {
    expect(isNewer(id, other)).toBe(expected);
  });

  it("is at a port of its own or under the page's address", () => {
    const page = { protocol: "https:", hostname: "linli.example" };
    expect(addressOf({ port: 8001 }, page)).toBe("https://linli.example:8001/api/v1/stream");
    expect(addressOf({ port: null }, page)).toBe("/api/v1/stream");
  });
});

describe("a table as a file", () => {
  it("quotes what has to be quoted and lets no cell be a formula", () => {
    const columns = [{ title: "Name, of", value: (row: string) => row }, { title: "Length", value: (row: string) => row.length }];
    expect(csvOf(columns, ['a "b"', "=1+1", "-x"])).toBe('"Name, of",Length\r\n"a ""b""",5\r\n\'=1+1,4\r\n\'-x,2\r\n');
  });
});

describe("an address", () => {
  it.each([
    ["/console", ""], ["/console/incidents/7?x=1", "incidents"], ["/console/plain/incidents/7", undefined], ["/report", undefined],
  ])("%s leads to %s", (address, path) => {
    expect(placeOf(address)?.path).toBe(path);
  });
});
