//! Migrations: revision folders, what is pending, and running them.
