import { expect, it } from "vitest";
import { holdsPassword } from "../../../lib/mapping/password.js";

it.each([
  "postgres://me:secret@host/db",
  "postgres://me:se/cr@et@host/db",
  "postgres://me:12345@host/db",
  "postgres://:secret@host",
  "mysql://me:%73ecret@host:3306/db",
  "postgres://host/db?user=me&password=secret",
  "host=h password='secret' user=me",
])("%s holds a password", (url) => {
  expect(holdsPassword(url)).toBe(true);
});

it.each([
  `\${WAYBILL_SOURCE_URL}`,
  `postgres://me:\${PASSWORD}@host/db`,
  "postgres://me@host:5432/db",
  "postgres://host:5432/db?application_name=a@b",
  "postgres:///db?host=/run/postgresql",
  "postgres://me:@host/db",
  "host=h user=me",
])("%s holds none", (url) => {
  expect(holdsPassword(url)).toBe(false);
});
