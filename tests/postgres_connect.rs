//! Connecting to a PostgreSQL server: what succeeds, and what each failure says.

mod support;

use plinth::engine::postgres::admin::{create_database, AdminConnection};
use plinth::engine::settings::Settings;
use plinth::error::{Code, Error};
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use support::{fresh, renamed, run, server, target, target_with, Database};

/// Hard to write in a URL, and to SASLprep.
const PASSWORD: &str = "sécret-ﬀ Word:5/&@?#%";
const ENCODED: &str = "s%C3%A9cret-%EF%AC%80%20Word%3A5%2F%26%40%3F%23%25";

fn failure(url: &str) -> Error {
    let error = AdminConnection::open(&target(url)).err().unwrap_or_else(|| panic!("connected"));
    let text = format!("{error:?} {error}");
    assert!(!text.contains("cret") && !text.contains("Word"), "{text}");
    assert!(error.hint.is_some(), "{error:?}");
    error
}

/// A role that must prove its password, for as long as the test runs.
struct Role {
    name: String,
    server: String,
}

impl Role {
    fn new(server: &str, rights: &str) -> Self {
        let name = fresh("role");
        run(
            server,
            "DO $$ BEGIN CREATE ROLE scram; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        );
        run(server, &format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE scram {rights}"));
        Role { name, server: server.to_owned() }
    }

    /// The server's URL, with this role.
    fn url(&self, password: &str) -> String {
        let (_, host) = self.server.rsplit_once('@').unwrap();
        format!("postgresql://{}{password}@{host}", self.name)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name));
    }
}

/// A port without a listener.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn passwords_are_proved_by_scram_whatever_is_in_them() {
    let Some(server) = server() else { return };
    let role = Role::new(&server, "");
    let mut connection = AdminConnection::open(&target(&role.url(&format!(":{ENCODED}")))).unwrap();
    let user = connection.query(&Statement::new("SELECT current_user")).unwrap();
    assert_eq!(user[0][0].as_str(), Some(role.name.as_str()));
}

#[test]
fn a_wrong_password_is_an_authentication_that_failed() {
    let Some(server) = server() else { return };
    let role = Role::new(&server, "");
    for password in [":Word-secret", ""] {
        let error = failure(&role.url(password));
        assert_eq!(error.code, Code::AuthenticationFailed, "{error:?}");
        assert!(error.message.contains(&role.name), "{error}");
    }
}

#[test]
fn a_database_that_is_not_there_is_named() {
    let Some(server) = server() else { return };
    let error = failure(&renamed(&server, "never_made"));
    assert_eq!(error.code, Code::UnknownDatabase);
    assert!(error.message.contains("\"never_made\""), "{error}");
}

#[test]
fn hosts_that_do_not_answer() {
    let Some(server) = server() else { return };
    let port = free_port();
    let refused = format!("postgresql://u:Word-secret@127.0.0.1:{port}/d");
    let error = failure(&refused);
    assert_eq!((error.code, error.retryable), (Code::ConnectionRefused, true));
    assert!(error.message.contains(&format!("127.0.0.1:{port}")), "{error}");
    assert_eq!(failure("postgresql://u:Word-secret@no-such-host.invalid/d").code, Code::HostUnreachable);
    assert_eq!(failure("postgresql://u:Word-secret@%2Fno%2Fsuch%2Ffolder/d").code, Code::ConnectionRefused);

    // The servers of a list are tried one after the other; the failure of each is reported.
    let (credentials, host) = server.rsplit_once('@').unwrap();
    let listed = format!("{credentials}@127.0.0.1:{port},no-such-host.invalid,{host}");
    AdminConnection::open(&target(&listed)).unwrap();
    let error = failure(&format!("postgresql://u:Word-secret@127.0.0.1:{port},no-such-host.invalid/d"));
    assert_eq!(error.code, Code::HostUnreachable);
    assert!(error.message.contains(&port.to_string()) && error.message.contains("no-such-host"), "{error}");
}

#[test]
fn a_server_that_says_nothing_is_waited_for_no_longer_than_told() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let began = Instant::now();
    let error = failure(&format!("postgresql://u:Word-secret@127.0.0.1:{port}/d?connect_timeout=1"));
    assert_eq!(error.code, Code::HostUnreachable);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_no_server_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            drop(connection);
        }
    });
    let error = failure(&format!("postgresql://u:Word-secret@127.0.0.1:{port}/d"));
    assert_eq!((error.code, error.retryable), (Code::ServerUnavailable, true), "{error}");
    // Of several, what one says tells more than the silence of the next.
    let error = failure(&format!("postgresql://u:Word-secret@127.0.0.1:{port},127.0.0.1:{}/d", free_port()));
    assert_eq!(error.code, Code::ServerUnavailable);
    assert!(error.message.contains("Nothing listens"), "{error}");
}

#[test]
fn a_role_with_no_connection_left() {
    let Some(server) = server() else { return };
    let role = Role::new(&server, "CONNECTION LIMIT 1");
    let url = role.url(&format!(":{ENCODED}"));
    let _first = AdminConnection::open(&target(&url)).unwrap();
    let error = failure(&url);
    assert_eq!((error.code, error.retryable), (Code::TooManyConnections, true));
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let Some(server) = server() else { return };
    let url = |mode: &str| format!("{server}{}sslmode={mode}", if server.contains('?') { "&" } else { "?" });
    for mode in ["disable", "prefer"] {
        AdminConnection::open(&target(&url(mode))).unwrap();
    }
    if AdminConnection::open(&target(&server))
        .and_then(|mut connection| connection.query(&Statement::new("SHOW ssl")))
        .is_ok_and(|rows| rows[0][0].as_str() == Some("on"))
    {
        return;
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        assert_eq!(failure(&url(mode)).code, Code::TlsFailed, "{mode}");
    }
}

#[test]
fn a_root_certificate_that_cannot_be_read_says_so() {
    let url = format!("postgresql://u:Word-secret@127.0.0.1:{}/d?sslmode=verify-full", free_port());
    for (given, named) in [("missing.pem", "/base/missing.pem"), ("-----BEGIN NOTHING-----", "PG_SSL_ROOT_CERT")] {
        let mut settings = Settings::of(&url, "/base");
        settings.root_cert = Some(given.into());
        let error = AdminConnection::open(&target_with(&settings)).err().unwrap();
        assert_eq!(error.code, Code::TlsFailed);
        assert!(error.message.contains(named), "{error}");
    }
}

#[test]
fn the_server_must_be_what_target_session_attrs_wants() {
    let Some(server) = server() else { return };
    let url =
        |attrs: &str| format!("{server}{}target_session_attrs={attrs}", if server.contains('?') { "&" } else { "?" });
    for attrs in ["any", "read-write", "primary", "prefer-standby"] {
        AdminConnection::open(&target(&url(attrs))).unwrap();
    }
    for attrs in ["read-only", "standby"] {
        assert_eq!(failure(&url(attrs)).code, Code::ServerUnavailable, "{attrs}");
    }
    AdminConnection::open(&target(&url("read-only&options=-c%20default_transaction_read_only%3Don"))).unwrap();
}

#[test]
fn options_of_the_url_reach_the_session() {
    let Some(database) = Database::new() else { return };
    let url = format!(
        "{}{}schema=Mine%20%22too&statement_timeout=1234&options=-c%20lock_timeout%3D99",
        database.url,
        if database.url.contains('?') { "&" } else { "?" }
    );
    let mut connection = AdminConnection::open(&target(&url)).unwrap();
    let mut show = |name: &str| {
        let rows = connection.query(&Statement::new(format!("SHOW {name}"))).unwrap();
        rows[0][0].as_str().unwrap().to_owned()
    };
    assert_eq!(show("search_path"), "\"Mine \"\"too\"");
    assert_eq!(show("statement_timeout"), "1234ms");
    assert_eq!(show("lock_timeout"), "99ms");
    assert_eq!(show("application_name"), "plinth");
    let error = failure(&format!("{}&options=-c%20no_such_setting%3D1", url));
    assert_eq!(error.code, Code::UrlInvalid);
}

#[test]
fn a_database_is_created_once() {
    let Some(server) = server() else { return };
    let name = fresh("Made \" here");
    let there = target(&server).with_database(&name);
    assert!(!there.shown.contains("Word"));
    let made: Vec<bool> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| create_database(&there).unwrap())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    assert_eq!(create_database(&there), Ok(false));
    run(&server, &format!("DROP DATABASE \"{}\" WITH (FORCE)", name.replace('"', "\"\"")));

    let role = Role::new(&server, "");
    let other = target(&role.url(&format!(":{ENCODED}"))).with_database("never_made");
    let error = create_database(&other).unwrap_err();
    assert_eq!(error.code, Code::UnknownDatabase);
    assert!(error.hint.unwrap().contains("CREATEDB"));
}

#[test]
fn values_of_administration() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let values = vec![
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Real(0.1),
        Value::Text("é🦀\"\\".into()),
        Value::Text(String::new()),
        Value::Bytes(vec![0, 255]),
        Value::Bytes(vec![]),
    ];
    let mut statement = Statement::new("SELECT $1, $2, $3, $4, $5, $6, $7, $8");
    statement.binds = values.clone();
    assert_eq!(connection.query(&statement).unwrap(), vec![values]);

    connection.batch("CREATE TABLE t (n integer, m text)").unwrap();
    let insert = Statement { sql: "INSERT INTO t VALUES ($1, $2)".into(), binds: vec![Value::Null, Value::Null] };
    assert_eq!(connection.execute(&insert), Ok(1));
    assert_eq!(connection.execute(&Statement::new("DELETE FROM t WHERE n IS NULL")), Ok(1));
}

#[test]
fn types_that_administration_reads() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    for (sql, expected) in [
        ("7::int2", Value::Int(7)),
        ("7::int4", Value::Int(7)),
        ("4294967295::oid", Value::Int(4_294_967_295)),
        ("1.5::float4", Value::Real(1.5)),
        ("-12345678901234567890.1200::numeric", Value::Text("-12345678901234567890.1200".into())),
        ("'a'::name", Value::Text("a".into())),
        ("'a'::\"char\"", Value::Text("a".into())),
        ("'a'::varchar(3)", Value::Text("a".into())),
        ("'{\"a\":1}'::jsonb", Value::Text("{\"a\": 1}".into())),
        ("'{\"a\":1}'::json", Value::Text("{\"a\":1}".into())),
        ("'00000000-0000-0000-0000-00000000000a'::uuid", Value::Text("00000000-0000-0000-0000-00000000000a".into())),
        ("'2024-02-29'::date", Value::Text("2024-02-29".into())),
        ("'2024-02-29 12:30:00.5Z'::timestamptz", Value::Text("2024-02-29T12:30:00.500Z".into())),
        ("ARRAY['a', NULL, 'b\"']", Value::Text("[\"a\",null,\"b\\\"\"]".into())),
        ("'1 2'::int2vector", Value::Text("[1,2]".into())),
        ("ARRAY[]::text[]", Value::Text("[]".into())),
        ("pg_advisory_xact_lock(1)", Value::Null),
    ] {
        assert_eq!(connection.query(&Statement::new(format!("SELECT {sql}"))), Ok(vec![vec![expected]]), "{sql}");
    }
    let error = connection.query(&Statement::new("SELECT '(1,2)'::point")).unwrap_err();
    assert_eq!(error.code, Code::ValueUnreadable);
    assert!(error.message.contains("cast it to text"), "{error}");
}

#[test]
fn errors_of_administration() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection
        .batch(
            "CREATE TABLE parents (id int PRIMARY KEY);
             CREATE TABLE t (a text UNIQUE, b int NOT NULL DEFAULT 1 CHECK (b > 0), p int REFERENCES parents);
             INSERT INTO parents VALUES (1); INSERT INTO t VALUES ('secret', 1, 1)",
        )
        .unwrap();
    for (sql, code, message) in [
        ("INSERT INTO t VALUES ('secret')", Code::UniqueViolation, "A row of t with the same a already exists."),
        ("INSERT INTO t (b) VALUES (NULL)", Code::NotNullViolation, "t.b may not be null."),
        ("INSERT INTO t (b) VALUES (0)", Code::CheckViolation, "A row does not meet the check t_b_check."),
        ("INSERT INTO t (p) VALUES (2)", Code::ForeignKeyViolation, "t.p references a row that does not exist."),
        ("DELETE FROM parents", Code::ForeignKeyViolation, "Rows of t still reference it."),
        ("SELECT * FROM nowhere", Code::SqlFailed, "PostgreSQL refused the statement: "),
        ("SELECT pg_sleep(5)", Code::Timeout, "The statement was ended: "),
    ] {
        connection.batch("SET statement_timeout = '500ms'").unwrap();
        let by_text = connection.batch(sql).unwrap_err();
        let error = connection.execute(&Statement::new(sql)).unwrap_err();
        assert_eq!(error, by_text);
        assert_eq!(error.code, code, "{sql}: {error:?}");
        assert!(error.message.starts_with(message), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let text = Statement::new("SELECT $1").bind("a\0b");
    assert_eq!(connection.query(&text).unwrap_err().code, Code::ValueInvalid);

    let pid = connection.query(&Statement::new("SELECT pg_backend_pid()")).unwrap()[0][0].as_int().unwrap();
    run(&database.url, &format!("SELECT pg_terminate_backend({pid})"));
    let error = connection.query(&Statement::new("SELECT 1")).unwrap_err();
    assert_eq!(error.code, Code::ConnectionLost, "{error:?}");
}
