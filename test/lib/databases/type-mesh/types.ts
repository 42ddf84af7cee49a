import { server, spelled } from "../../../support/mariadb.js";

/** What the values of a type mean, and so to what a value of another type may be equal. */
export type Meaning =
  | "number"
  | "float"
  | "single"
  | "boolean"
  | "text"
  | "padded text"
  | "date"
  | "datetime"
  | "instant"
  | "time"
  | "bytes"
  | "bits"
  | "json"
  | "uuid"
  | "other";

/** A type of a database, and values at its edges as literals of its SQL; none: it is a target only. */
export interface MeshType {
  readonly type: string;
  readonly meaning: Meaning;
  readonly values: readonly string[];
}

const typed = (type: string, meaning: Meaning, values: readonly string[] = []): MeshType => ({ type, meaning, values });

const texts = ["''", "'a '", "'NULL'", "'É😀'", "'t'", "'1.5'", "'2024-02-30'", "'0x41'", "'1e2'"];
const moments = ["'2024-02-29 23:59:59'", "'1970-01-01 00:00:01'"];

/** PostgreSQL's types. The types beside them have to exist: see `postgresSetup`. */
export const postgresTypes: readonly MeshType[] = [
  typed("smallint", "number", ["-32768", "32767", "0"]),
  typed("integer", "number", ["-2147483648", "2147483647", "1"]),
  typed("bigint", "number", ["-9223372036854775808", "9223372036854775807", "16777217"]),
  typed("numeric", "number", ["1e-30", "12345678901234567890.123456789", "'NaN'", "'Infinity'"]),
  typed("numeric(10,2)", "number", ["12345678.90", "-0.01", "1.50"]),
  typed("real", "single", ["0.1", "16777216", "3.4028235e38", "'-0'", "1e-45"]),
  typed("double precision", "float", ["0.1", "0.30000000000000004", "1e300", "'NaN'", "'-Infinity'", "'-0'", "5e-324"]),
  typed("boolean", "boolean", ["true", "false"]),
  typed("text", "text", [...texts, "E'tab\\tline\\nback\\\\slash'", "repeat('x', 300)"]),
  typed("varchar(5)", "text", ["'abcde'", "'ab  '"]),
  typed("char(5)", "padded text", ["'ab'", "''"]),
  typed("mood", "text", ["'sad'", "'very happy'"]),
  typed("date", "date", ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'", "'infinity'", "'0044-03-15 BC'"]),
  typed("timestamp", "datetime", [...moments, "'2024-01-01 00:00:00.123456'", "'2038-01-19 03:14:08'", "'-infinity'"]),
  typed("timestamp(3)", "datetime", ["'2024-01-01 00:00:00.123'"]),
  typed("timestamptz", "instant", [
    "'2024-02-29 23:59:59.5+00'",
    "'2024-06-30 12:00:00+05:30'",
    "'0500-01-01 00:00+00'",
  ]),
  typed("time", "time", ["'23:59:59.999999'", "'24:00:00'", "'00:00:00'"]),
  typed("time(0)", "time"),
  typed("timetz", "other", ["'12:00:00+02'"]),
  typed("interval", "other", ["'1 mon'", "'25:00:00'", "'-1 day'"]),
  typed("uuid", "uuid", ["'f784d87d-4703-50a3-b9c1-4e3c7140bd34'"]),
  typed("json", "json", [`'{"b": 1.50, "a": [1, null]}'`, "'12345678901234567890'", `'"x"'`]),
  typed("jsonb", "json", [`'{"b": 1.50, "a": [1, null]}'`, "'null'"]),
  typed("bytea", "bytes", ["'\\x'", "'\\x00ff41'", "'\\x206120'"]),
  typed("bit(4)", "bits", ["B'0101'"]),
  typed("bit(1)", "bits", ["B'1'"]),
  typed("varbit", "bits", ["B'101'", "B''"]),
  typed("inet", "other", ["'10.0.0.1/24'", "'::1'"]),
  typed("money", "other", ["'1234.50'"]),
  typed("int4range", "other", ["'[1,5)'", "'empty'"]),
  typed("integer[]", "other", ["'{1,NULL,3}'"]),
  typed("text[]", "other", [`'{a,"b c"}'`]),
  typed("point", "other", ["'(1.5,2)'"]),
  typed("xml", "text", ["'<a>1</a>'"]),
];

export const postgresSetup = "CREATE TYPE mood AS ENUM ('sad', 'very happy', '1', 'a')";

/** MySQL's and MariaDB's types. */
export const mysqlTypes: readonly MeshType[] = [
  typed("tinyint(1)", "number", ["1", "0", "7", "-128"]),
  typed("tinyint unsigned", "number", ["255"]),
  typed("smallint", "number", ["-32768"]),
  typed("mediumint", "number", ["8388607"]),
  typed("int(10) unsigned zerofill", "number", ["42", "4294967295"]),
  typed("bigint", "number", ["9223372036854775807"]),
  typed("bigint unsigned", "number", ["18446744073709551615"]),
  typed("decimal(10,2)", "number", ["12345678.90", "-0.01"]),
  typed("decimal(65,30)", "number", ["12345678901234567890.123456789", "0.000000000000000000000000000001"]),
  typed("float", "single", ["0.1", "16777216", "3.4028235e38", "1e-38"]),
  typed("float(7,2)", "single", ["12345.67"]),
  typed("double", "float", ["0.1", "0.30000000000000004", "1.7976931348623157e308", "5e-324"]),
  typed("bit(1)", "bits", ["b'1'", "b'0'"]),
  typed("bit(9)", "bits", ["b'101'"]),
  typed("year", "number", ["2024", "0"]),
  typed("date", "date", ["'2024-02-29'", "'0000-00-00'", "'2024-02-00'", "'9999-12-31'"]),
  typed("datetime", "datetime", [...moments, "'1000-01-01 00:00:00'", "'0000-00-00 00:00:00'"]),
  typed("datetime(6)", "datetime", ["'2024-01-01 00:00:00.123456'"]),
  typed("timestamp", "instant", ["'2024-02-29 23:59:59'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'"]),
  typed("timestamp(6)", "instant", ["'2024-02-29 23:59:59.5'"]),
  typed("time", "time", ["'-838:59:59'", "'23:59:59'", "'25:00:00'"]),
  typed("time(3)", "time", ["'00:00:00.125'"]),
  typed("char(5)", "padded text", ["'ab '", "''"]),
  typed("varchar(20)", "text", [...texts, "'line\\nfeed'"]),
  typed("varchar(20) character set latin1", "text", ["'€é'"]),
  typed("text", "text", ["repeat('x', 300)"]),
  typed("binary(3)", "bytes", ["x'0041'", "x'616263'"]),
  typed("varbinary(10)", "bytes", ["x''", "x'00ff'"]),
  typed("blob", "bytes", ["x'61620A'"]),
  typed("enum('a','b','1')", "text", ["'a'", "'1'"]),
  typed("set('a','b','c')", "text", ["'a,c'", "''"]),
  typed("json", "json", [`'{"b": 1.50, "a": [1, null]}'`, "'12345678901234567890'"]),
  typed("geometry", "other", ["point(1, 2)", "st_geomfromtext('POINT(1 2)', 4326)"]),
  ...spelled({
    mariadb: [
      typed("uuid", "uuid", ["'f784d87d-4703-50a3-b9c1-4e3c7140bd34'"]),
      typed("inet6", "other", ["'::1'"]),
      typed("inet4", "other", ["'10.0.0.1'"]),
      ...(server.version >= 1107 ? [typed("vector(2)", "bytes", ["vec_fromtext('[1,-2.5]')"])] : []),
    ],
    mysql: [
      typed("vector(2)", "bytes", ["string_to_vector('[1,-2.5]')"]),
      typed("varchar(20) collate utf8mb4_0900_ai_ci", "text", ["'a '", "'É'"]),
    ],
  }),
];
