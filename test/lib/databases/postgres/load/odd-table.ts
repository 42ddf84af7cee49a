/** The name of a table on which everything hangs that a table can have, as a specification writes it. */
export const oddName = 'relief."Odd ""Table"" 100%"';

/** Columns of the odd table that its files hold. */
export const oddColumns = ["id", "select", "legacy", "during"];

/** Makes the odd table. It belongs to one role of the server's own and is granted to another: they need no clean-up. */
export const oddTable = `
  CREATE SCHEMA relief; CREATE SCHEMA other; GRANT ALL ON SCHEMA relief, other TO pg_signal_backend;
  CREATE TYPE relief.status AS ENUM ('b', 'c', 'd');
  CREATE DOMAIN relief.positive AS integer CHECK (VALUE > 0);
  CREATE FUNCTION relief.shout(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.upper($1)';
  CREATE FUNCTION relief.watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
  CREATE TABLE relief.towns (id integer PRIMARY KEY); INSERT INTO relief.towns VALUES (10), (11);
  CREATE TABLE ${oddName} (
    id integer GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME relief."the ids" START 5 INCREMENT 5 CACHE 3) PRIMARY KEY,
    gone text,
    "select" relief.status DEFAULT 'b' CONSTRAINT "must be" NOT NULL,
    legacy relief.positive CONSTRAINT town REFERENCES relief.towns DEFERRABLE,
    during integer[], number serial, "100%" text COLLATE "C" DEFAULT 'x''y%',
    loud text GENERATED ALWAYS AS (relief.shout("100%")) STORED,
    span int4range, head integer REFERENCES ${oddName},
    CONSTRAINT "One %" UNIQUE ("select", legacy) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT apart EXCLUDE USING gist (span WITH &&) WHERE (id > 0),
    CONSTRAINT sane CHECK (id < 1000) NO INHERIT, CHECK (relief.shout("100%") <> 'Z')
  ) WITH (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
  ALTER TABLE ${oddName} DROP gone, OWNER TO pg_signal_backend;
  ALTER TABLE ${oddName} ALTER during SET STORAGE external, ALTER during SET STATISTICS 0, ALTER "100%" SET COMPRESSION pglz,
    ALTER legacy SET (n_distinct = -0.5), ENABLE ROW LEVEL SECURITY;
  CREATE INDEX loud ON ${oddName} (relief.shout("100%") DESC NULLS LAST) INCLUDE (id) WHERE legacy IS NOT NULL;
  ALTER INDEX relief.loud ALTER COLUMN 1 SET STATISTICS 77;
  CREATE UNIQUE INDEX "Odd.Index" ON ${oddName} (id DESC, "select") WITH (fillfactor = 50);
  CREATE INDEX gins ON ${oddName} USING gin (during);
  ALTER TABLE ${oddName} REPLICA IDENTITY USING INDEX "Odd.Index";
  ALTER TABLE ${oddName} CLUSTER ON "Odd.Index";
  CREATE STATISTICS other.both (ndistinct, mcv) ON "select", legacy FROM ${oddName};
  ALTER STATISTICS other.both SET STATISTICS 99;
  CREATE TRIGGER before BEFORE INSERT ON ${oddName} FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION relief.watch('a%');
  CREATE TRIGGER always AFTER UPDATE OF "100%" ON ${oddName} EXECUTE FUNCTION relief.watch();
  CREATE CONSTRAINT TRIGGER later AFTER INSERT ON ${oddName} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION relief.watch();
  CREATE TRIGGER never AFTER DELETE ON ${oddName} REFERENCING OLD TABLE AS old EXECUTE FUNCTION relief.watch();
  CREATE TRIGGER replica BEFORE TRUNCATE ON ${oddName} EXECUTE FUNCTION relief.watch();
  ALTER TABLE ${oddName} ENABLE ALWAYS TRIGGER always, DISABLE TRIGGER never, ENABLE REPLICA TRIGGER replica;
  CREATE POLICY mine ON ${oddName} AS RESTRICTIVE FOR UPDATE TO pg_read_all_stats USING (id < 10) WITH CHECK ("100%" <> '%');
  CREATE POLICY all_of_it ON ${oddName} USING (EXISTS (SELECT FROM relief.towns t WHERE t.id = legacy));
  GRANT SELECT ON ${oddName} TO pg_read_all_stats WITH GRANT OPTION; GRANT UPDATE ("100%", id) ON ${oddName} TO PUBLIC;
  REVOKE TRUNCATE ON ${oddName} FROM pg_signal_backend;
  GRANT USAGE ON SEQUENCE relief."the ids" TO pg_read_all_stats;
  COMMENT ON TABLE ${oddName} IS 'people''s 100%'; COMMENT ON COLUMN ${oddName}."select" IS 'which';
  COMMENT ON INDEX relief.loud IS 'for the call centre'; COMMENT ON CONSTRAINT "One %" ON ${oddName} IS 'agreed in 2019';
  COMMENT ON CONSTRAINT sane ON ${oddName} IS 'few'; COMMENT ON TRIGGER later ON ${oddName} IS 'late';
  COMMENT ON POLICY mine ON ${oddName} IS 'own'; COMMENT ON STATISTICS other.both IS 'both';
  COMMENT ON SEQUENCE relief."the ids" IS 'by five';
  ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO pg_read_all_stats, PUBLIC;
  ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO pg_read_all_stats`;
