-- Of deploy/compose.yaml, for trying it out: the same words are there.
ALTER ROLE sluice_owner PASSWORD 'owner';
ALTER ROLE sluice_writer PASSWORD 'writer';
