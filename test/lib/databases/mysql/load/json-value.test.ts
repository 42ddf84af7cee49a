import { describe, expect, it } from "vitest";
import { isKeptAsJson } from "../../../../../lib/databases/mysql/load/json-value.js";

describe("isKeptAsJson", () => {
  it.each([
    '{"b": 1.50, "a": [1, null, true], "c": {"b": "12345678901234567890.5: \\" \\\\"}}',
    "18446744073709551615",
    "-9223372036854775808",
    "[0.1, 1e22, 5e-324, -0.0, 1.7976931348623157e308]",
    '[{"a": 1}, {"a": 2}]',
    '"text"',
    "no JSON, and for the server to refuse",
  ])("%s says afterwards what it said", (json) => {
    expect(isKeptAsJson(Buffer.from(json))).toBe(true);
  });

  it.each([
    "18446744073709551616.5",
    "[12345678901234567890.123456789]",
    '{"n": 1234567890.12345678}',
    "-9223372036854775809",
    "1e-400",
    "1e999",
    '{"a": 1, "a": 2}',
    '{"x": {"a": 1, "\\u0061": 2}, "y": 3}',
  ])("%s would become another value", (json) => {
    expect(isKeptAsJson(Buffer.from(json))).toBe(false);
  });
});
