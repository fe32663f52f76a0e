-- One row for each client: its newest report.
--
-- `seen` is the report's time as an exact number, by which the newest wins: 18 digits before the point, as the
-- herd allows, and 18 behind it, where the herd allows any number. Texts are bytes, for an id need not be UTF-8.

CREATE DATABASE IF NOT EXISTS herd;

CREATE TABLE IF NOT EXISTS herd.clients (
    id VARBINARY(1024) NOT NULL PRIMARY KEY,
    seen DECIMAL(36, 18) NOT NULL,
    at_line VARBINARY(2048) NOT NULL
) ENGINE = InnoDB;

CREATE USER IF NOT EXISTS herd@localhost;
GRANT SELECT, INSERT, UPDATE ON herd.* TO herd@localhost;
