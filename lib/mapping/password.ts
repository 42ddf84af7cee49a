/** Whether a connection URL or string has a password written out. `${NAME}` in its place is none. */
export function holdsPassword(connection: string): boolean {
  const written = passwordIn(connection);
  return written !== undefined && written !== "" && !/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(written);
}

/** `scheme://user:password@host`, `?password=…` and `password=…`. A password may itself hold `/` and `@`. */
function passwordIn(connection: string): string | undefined {
  const inUrl = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#@]*:(?!\d+(?:\/|$))(.+)@/i.exec(connection)?.[1];
  return inUrl ?? /(?:^|[?&\s])(?:password|pwd)\s*=\s*'?([^&\s']+)/i.exec(connection)?.[1];
}
