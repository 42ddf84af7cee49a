/** Sakila as somebody would lay it out in PostgreSQL: real booleans, an enum, a list of words, moments with their zone. */
export const targetSchema = `
CREATE TYPE mpaa_rating AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17');
CREATE TABLE actor (actor_id integer PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, last_update timestamptz NOT NULL);
CREATE INDEX ON actor (last_name);
CREATE TABLE category (category_id smallint PRIMARY KEY, name varchar(25) NOT NULL, last_update timestamptz NOT NULL);
CREATE TABLE country (country_id integer PRIMARY KEY, country text NOT NULL, last_update timestamptz NOT NULL);
CREATE TABLE city (city_id integer PRIMARY KEY, city text NOT NULL, country_id integer NOT NULL REFERENCES country, last_update timestamptz NOT NULL);
CREATE TABLE address (address_id integer PRIMARY KEY, address text NOT NULL, address2 text, district text NOT NULL,
  city_id integer NOT NULL REFERENCES city, postal_code varchar(10), phone varchar(20) NOT NULL, last_update timestamptz NOT NULL);
CREATE TABLE language (language_id smallint PRIMARY KEY, name text NOT NULL, last_update timestamptz NOT NULL);
CREATE TABLE film (film_id integer PRIMARY KEY, title text NOT NULL, description text, release_year smallint,
  language_id smallint NOT NULL REFERENCES language, original_language_id smallint REFERENCES language,
  rental_duration smallint NOT NULL, rental_rate numeric(4,2) NOT NULL, length smallint, replacement_cost numeric(5,2) NOT NULL,
  rating mpaa_rating, special_features text[], last_update timestamptz NOT NULL);
CREATE INDEX ON film (title);
CREATE TABLE film_actor (actor_id integer REFERENCES actor, film_id integer REFERENCES film, last_update timestamptz NOT NULL, PRIMARY KEY (actor_id, film_id));
CREATE TABLE film_category (film_id integer REFERENCES film, category_id smallint REFERENCES category, last_update timestamptz NOT NULL, PRIMARY KEY (film_id, category_id));
CREATE TABLE film_text (film_id integer PRIMARY KEY, title text NOT NULL, description text);
CREATE TABLE staff (staff_id smallint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, address_id integer NOT NULL REFERENCES address,
  picture bytea, email text, store_id smallint NOT NULL, active boolean NOT NULL, username varchar(16) NOT NULL, password varchar(40), last_update timestamptz NOT NULL);
CREATE TABLE store (store_id smallint PRIMARY KEY, manager_staff_id smallint NOT NULL UNIQUE REFERENCES staff, address_id integer NOT NULL REFERENCES address, last_update timestamptz NOT NULL);
ALTER TABLE staff ADD FOREIGN KEY (store_id) REFERENCES store;
CREATE TABLE customer (customer_id integer PRIMARY KEY, store_id smallint NOT NULL REFERENCES store, first_name text NOT NULL, last_name text NOT NULL,
  email text, address_id integer NOT NULL REFERENCES address, active boolean NOT NULL, create_date timestamp NOT NULL, last_update timestamptz);
CREATE TABLE inventory (inventory_id integer PRIMARY KEY, film_id integer NOT NULL REFERENCES film, store_id smallint NOT NULL REFERENCES store, last_update timestamptz NOT NULL);
CREATE TABLE rental (rental_id integer PRIMARY KEY, rental_date timestamp NOT NULL, inventory_id integer NOT NULL REFERENCES inventory,
  customer_id integer NOT NULL REFERENCES customer, return_date timestamp, staff_id smallint NOT NULL REFERENCES staff, last_update timestamptz NOT NULL,
  UNIQUE (rental_date, inventory_id, customer_id));
CREATE TABLE payment (payment_id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer, staff_id smallint NOT NULL REFERENCES staff,
  rental_id integer REFERENCES rental ON DELETE SET NULL, amount numeric(5,2) NOT NULL, payment_date timestamp NOT NULL, last_update timestamptz);`;

const yesOrNo = "boolean: { true: [1], false: [0] }";
const words = `CASE WHEN special_features IS NOT NULL THEN '{"' || replace(special_features, ',', '","') || '"}' END`;

/** The columns of the tables that are no plain copy: name, and what is done to it besides. */
const columns: Readonly<Record<string, readonly string[]>> = {
  customer: [
    ...["customer_id", "store_id", "first_name", "last_name", "email", "address_id"].map(plain),
    `active: { from: active, ${yesOrNo} }`,
    ...["create_date", "last_update"].map(plain),
  ],
  staff: [
    ...["staff_id", "first_name", "last_name", "address_id", "picture", "email", "store_id"].map(plain),
    `active: { from: active, ${yesOrNo} }`,
    ...["username", "password", "last_update"].map(plain),
  ],
  film: [
    ...["film_id", "title", "description", "release_year", "language_id", "original_language_id"].map(plain),
    ...["rental_duration", "rental_rate", "length", "replacement_cost", "rating"].map(plain),
    `special_features: { sql: ${JSON.stringify(words)} }`,
    plain("last_update"),
  ],
};

const list = `replace(replace(replace(special_features, '{', ''), '}', ''), '"', '')`;

/** The way back: PostgreSQL's list of words as the words of a SET. */
const columnsBack: typeof columns = {
  film: (columns.film ?? []).map((line) =>
    line.startsWith("special_features") ? `special_features: { sql: ${JSON.stringify(list)} }` : line,
  ),
};

function plain(name: string): string {
  return `${name}: ${name}`;
}

/** Each table, and the tables it refers to: `column parent.column`. */
const references: Readonly<Record<string, readonly string[]>> = {
  actor: [],
  address: ["city_id city.city_id"],
  category: [],
  city: ["country_id country.country_id"],
  country: [],
  customer: ["store_id store.store_id", "address_id address.address_id"],
  film: ["language_id language.language_id"],
  film_actor: ["actor_id actor.actor_id", "film_id film.film_id"],
  film_category: ["film_id film.film_id", "category_id category.category_id"],
  film_text: [],
  inventory: ["film_id film.film_id", "store_id store.store_id"],
  language: [],
  payment: ["customer_id customer.customer_id", "rental_id rental.rental_id"],
  rental: ["inventory_id inventory.inventory_id", "customer_id customer.customer_id"],
  staff: ["address_id address.address_id"],
  store: ["address_id address.address_id", "manager_staff_id staff.staff_id"],
};

/** The 16 tables of Sakila. */
export const tables: readonly string[] = Object.keys(references);

/** A mapping for each table, there and back. */
export const mappings = mappingsOf(columns);
export const mappingsBack = mappingsOf(columnsBack);

function mappingsOf(changed: typeof columns): Readonly<Record<string, string>> {
  return Object.fromEntries(tables.map((table) => [`${table}.yaml`, mappingOf(table, changed[table])]));
}

function mappingOf(table: string, changed: readonly string[] | undefined): string {
  return [
    `table: ${table}`,
    `from: ${table}`,
    ...(changed === undefined ? ["columns: all"] : ["columns:", ...changed.map((line) => `  ${line}`)]),
    ...(references[table]?.length === 0 ? [] : ["expect:"]),
    ...(references[table] ?? []).map((line) => {
      const [column, parent] = line.split(" ");
      return `  - relationships: { column: ${column}, to: ${parent} }`;
    }),
    "",
  ].join("\n");
}
