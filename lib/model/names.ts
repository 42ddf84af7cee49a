/** The name of one reading of one source, as declared under `extracts:` in migration.yaml. */
export type ExtractName = string & { readonly brand: "ExtractName" };

/** A target table as the specification writes it: `beneficiaries` or `relief.beneficiaries`. */
export type TableName = string & { readonly brand: "TableName" };

/** The name of a rule, `column.rule` or `reject[0]`: what ledger, change log and report call it. */
export type RuleName = string & { readonly brand: "RuleName" };

/** A SHA-256 as it stands in manifests: `sha256:` and 64 lower-case hex digits. */
export type Sha256 = string & { readonly brand: "Sha256" };

/** A fragment of SQL whose identifiers and literals are already quoted. */
export type Sql = string & { readonly brand: "Sql" };

export const extractName = (text: string): ExtractName => text as ExtractName;
export const tableName = (text: string): TableName => text as TableName;
export const ruleName = (text: string): RuleName => text as RuleName;
export const sha256Of = (hexDigits: string): Sha256 => `sha256:${hexDigits}` as Sha256;
