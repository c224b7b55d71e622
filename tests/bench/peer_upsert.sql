-- What one would write by hand: text trimmed, e-mail in lower case, digits of the phone, one row a
-- customer by e-mail, else by phone. `staged` holds the file as it is.
CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, contact_name TEXT, phone TEXT,
                       email TEXT, address TEXT, note TEXT);
CREATE UNIQUE INDEX customers_email ON customers(email);
CREATE UNIQUE INDEX customers_phone ON customers(phone);
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
BEGIN;
WITH cleaned AS (
  SELECT trim(客户名称) AS name, trim(联系人) AS contact_name,
         replace(replace(replace(replace(trim(联系电话), '+86', ''), '-', ''), ' ', ''), '(', '') AS phone,
         lower(trim(邮箱地址)) AS email, trim(地址) AS address, trim(备注) AS note
  FROM staged)
INSERT INTO customers(name, contact_name, phone, email, address, note)
SELECT name, nullif(contact_name, ''),
       CASE WHEN phone GLOB '1[3-9]*' AND length(phone) = 11 THEN '+86' || phone END,
       CASE WHEN email LIKE '_%@_%._%' THEN email END, nullif(address, ''), nullif(note, '')
FROM cleaned WHERE name <> ''
ON CONFLICT(email) DO UPDATE SET
  address = coalesce(customers.address, excluded.address), note = coalesce(customers.note, excluded.note)
ON CONFLICT(phone) DO UPDATE SET
  address = coalesce(customers.address, excluded.address), note = coalesce(customers.note, excluded.note);
COMMIT;
DROP TABLE staged;
