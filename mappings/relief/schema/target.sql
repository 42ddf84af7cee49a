-- The new platform's tables, empty: what its own deployment creates, and what this migration fills.
CREATE TABLE programmes (
  id      text PRIMARY KEY,
  title   text NOT NULL,
  budget  numeric(12,2),
  started date NOT NULL
);

CREATE TABLE beneficiaries (
  id                uuid PRIMARY KEY,
  legacy_id         integer NOT NULL,
  beneficiary_name  text NOT NULL,
  registration_date date,
  location_code     text NOT NULL,
  programme_id      text NOT NULL REFERENCES programmes,
  household_size    integer,
  phone             text,
  notes             text,
  requires_review   boolean NOT NULL,
  updated_at        timestamp NOT NULL
);
CREATE INDEX beneficiaries_legacy_id ON beneficiaries (legacy_id);
CREATE INDEX beneficiaries_location_code ON beneficiaries (location_code);

CREATE TABLE distributions (
  id             uuid PRIMARY KEY,
  legacy_id      integer NOT NULL,
  beneficiary_id uuid NOT NULL REFERENCES beneficiaries,
  programme_id   text NOT NULL REFERENCES programmes,
  item           text NOT NULL,
  quantity       numeric(12,2),
  distributed_on date NOT NULL,
  remarks        text
);
CREATE INDEX distributions_beneficiary_id ON distributions (beneficiary_id);
