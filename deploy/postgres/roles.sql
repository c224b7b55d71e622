-- The roles of a PostgreSQL sink and of control's database. Run once in each database, by a
-- superuser or its owner:
--   psql -d DATABASE -f roles.sql
-- sluice_owner makes and upgrades tables and is needed at the first start, after an upgrade and
-- when a plan brings new fields or rules; sluice_writer is what loaders run as, sluice_control what
-- control runs as, which sees no customers. Give them passwords, or certificates, as your
-- pg_hba.conf wants it. Running it again does no harm.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_owner') THEN
    CREATE ROLE sluice_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_writer') THEN
    CREATE ROLE sluice_writer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_control') THEN
    CREATE ROLE sluice_control LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
  END IF;
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO sluice_owner', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO sluice_writer, sluice_control',
                 current_database());
END $$;
CREATE SCHEMA IF NOT EXISTS sluice AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA sluice TO sluice_writer;
CREATE SCHEMA IF NOT EXISTS sluice_control AUTHORIZATION sluice_owner;
GRANT USAGE ON SCHEMA sluice_control TO sluice_control;
GRANT USAGE, CREATE ON SCHEMA public TO sluice_owner;
GRANT USAGE ON SCHEMA public TO sluice_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA sluice
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE sluice_owner IN SCHEMA sluice_control
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO sluice_control;
