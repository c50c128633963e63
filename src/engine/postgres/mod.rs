//! PostgreSQL: connections of a pool on two threads, statements that stand alone pipelined, sessions on connections of their own.
