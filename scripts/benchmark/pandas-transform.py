"""What a data analyst would write for the beneficiaries: pandas-transform.py IN.csv.gz OUT.csv.gz LOOKUP.csv"""

import hashlib
import sys
import uuid

import pandas

source, target, lookup_file = sys.argv[1:]
programmes = {"101": "PROG-2024-001", "102": "PROG-2024-001", "103": "PROG-2024-001", "104": "PROG-2024-002"}
lookup = pandas.read_csv(lookup_file, dtype=str).set_index("legacy_code")["iso_code"]

rows = pandas.read_csv(source, dtype=str)
rows = rows[rows["beneficiary_name"].notna()]
rows["beneficiary_name"] = rows["beneficiary_name"].str.strip()
rows["registration_date"] = pandas.to_datetime(rows["registration_date"], format="%d/%m/%Y").dt.strftime("%Y-%m-%d")
rows["location_code"] = rows["location_code"].map(lookup).fillna("UNKNOWN")
rows["requires_review"] = rows["location_code"] == "UNKNOWN"
rows["programme_id"] = rows["programme_id"].map(programmes)
rows = rows.sort_values("updated_at").drop_duplicates("id", keep="last")
rows.insert(0, "uuid", [str(uuid.uuid5(uuid.NAMESPACE_OID, id)) for id in rows["id"]])
joined = rows["id"] + "|" + rows["beneficiary_name"]
rows["checksum"] = [hashlib.md5(text.encode()).hexdigest() for text in joined]
rows.to_csv(target, index=False, compression={"method": "gzip", "compresslevel": 1})
