import { expect, it } from "vitest";
import { refusalIn } from "../../../../../lib/databases/mysql/load/refused.js";
import { translate, withWords } from "../../../../../lib/databases/mysql/server-errors.js";
import { StageError } from "../../../../../lib/model/errors.js";

const refusal = (errno: number, said: string) =>
  refusalIn(
    new StageError("integrity", "masked", undefined, withWords(Object.assign(new Error("…"), { errno }), said)),
    "people",
  );

it.each([
  [1062, "Duplicate entry 'CONSTRAINT `secret`' for key 'PRIMARY'", "PRIMARY"],
  [1062, "Duplicate entry 'x' for key 'people.one_mail'", "one_mail"],
  [1062, "Duplicate entry 'x' for key 'other.one_mail'", "other.one_mail"],
  [4025, "CONSTRAINT `adult` failed for `db`.`people`", "adult"],
  [3819, "Check constraint 'adult' is violated.", "adult"],
  [
    1452,
    "Cannot add or update a child row: a foreign key constraint fails (`d`.`t`, CONSTRAINT `lives` FOREIGN KEY (`a`)",
    "lives",
  ],
  [1644, "CONSTRAINT `secret` for key 'secret'", null],
])("the constraint that refused a row is no part of a value: %i %s", (number, said, constraint) => {
  expect(refusal(number, said)).toEqual({ code: String(number), constraint, message: said, line: undefined });
});

it("where a row stands in what was sent is told apart from what is wrong with it", () => {
  expect(refusal(1265, "Data truncated for column 'age' at row 7")).toEqual({
    code: "1265",
    constraint: null,
    message: "Data truncated for column 'age'",
    line: 7,
  });
  expect(refusal(1205, "Lock wait timeout exceeded")).toBeUndefined();
});

it.each([
  [1205, "Lock wait timeout exceeded; try restarting transaction", "temporary"],
  [1290, "The MySQL server is running with the --read-only option so it cannot execute this statement", "temporary"],
  [3101, "Plugin instructed the server to rollback the current transaction.", "temporary"],
  [4031, "The client was disconnected by the server because of inactivity.", "temporary"],
  [3748, "Statement violates GTID consistency", "specification"],
  [3750, "Unable to create or change a table without a primary key", "specification"],
  [3819, "Check constraint 'adult' is violated.", "integrity"],
])("what kind of failure the server's %i is: %s", (errno, sqlMessage, kind) => {
  const error = translate(Object.assign(new Error(sqlMessage), { errno, sqlMessage, sqlState: "HY000" }), "host:1/db");

  expect(error).toMatchObject({ kind, message: `${sqlMessage} (${errno}, HY000)` });
  if (kind !== "integrity") expect(error).toMatchObject({ hint: expect.any(String) });
});

it("what a trigger says stands in files that hold values, never in an error", () => {
  const said = { errno: 1644, sqlState: "45000", sqlMessage: "no Amina here", code: "ER_SIGNAL_EXCEPTION" };
  const error = translate(Object.assign(new Error(said.sqlMessage), said), "host:1/db");

  expect(String(error)).toContain("a trigger or routine of the database raised an error (1644, 45000)");
  expect(refusalIn(error, "people")).toMatchObject({ code: "1644", constraint: null, message: "no Amina here" });
});
