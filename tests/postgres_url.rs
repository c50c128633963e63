//! PostgreSQL URLs: every form that people have, and errors that do not repeat a faulty one.

use plinth::engine::postgres::connect::target::Target;
use plinth::engine::postgres::connect::url::PostgresUrl;
use plinth::engine::postgres::connect::{SessionAttrs, SslMode};
use plinth::engine::settings::Settings;
use plinth::engine::url::{self, Location};
use plinth::error::{Code, Error, Result};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

fn read(url: &str) -> Result<PostgresUrl> {
    url::parse(url, Path::new("/base")).map(|location| match location {
        Location::Postgres(url) => *url,
        other => panic!("no PostgreSQL: {other:?}"),
    })
}

fn parse(url: &str) -> PostgresUrl {
    read(url).unwrap_or_else(|error| panic!("{url}: {error:?}"))
}

/// Parsed; options of the session's command line.
fn options(url: &str) -> String {
    parse(url).config.get_options().unwrap_or_default().to_owned()
}

fn hosts(url: &str) -> Vec<String> {
    parse(url).servers.iter().map(|server| server.shown()).collect()
}

#[test]
fn schemes_and_drivers() {
    for scheme in
        ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg", "PostgreSQL", "postgres+pg8000"]
    {
        assert_eq!(parse(&format!("{scheme}://u@h/d")).shown(), "postgresql://u@h:5432/d", "{scheme}");
    }
}

#[test]
fn parts_are_decoded_and_shown_without_password_and_parameters() {
    for (url, user, password, database, shown) in [
        ("postgres://ada:secret@db.example:6543/app", "ada", "secret", "app", "postgresql://ada@db.example:6543/app"),
        (
            "postgres://a%40b:s%40%3A%2F%3F%23%25@h/my%2Fdb%20%C3%A9",
            "a@b",
            "s@:/?#%",
            "my/db é",
            "postgresql://a%40b@h:5432/my%2Fdb%20%C3%A9",
        ),
        // The characters that a password may hold unescaped, because nothing else could be meant.
        ("postgres://u:p:q@w#100%@h/d", "u", "p:q@w#100%", "d", "postgresql://u@h:5432/d"),
        ("postgres://h/d?user=u&password=p%26&sslmode=disable", "u", "p&", "d", "postgresql://u@h:5432/d"),
        ("postgres://u:p@h?dbname=d", "u", "p", "d", "postgresql://u@h:5432/d"),
    ] {
        let read = parse(url);
        assert_eq!(read.config.get_user(), Some(user), "{url}");
        assert_eq!(read.config.get_password(), Some(password.as_bytes()), "{url}");
        assert_eq!(read.config.get_dbname(), Some(database), "{url}");
        assert_eq!(read.shown(), shown);
        let target = Target::new(&read, &Settings::default()).unwrap();
        assert!(!format!("{read:?} {target:?}").contains(password) || password.len() < 3, "{url}");
    }
}

#[test]
fn hosts_ports_and_sockets() {
    for (url, expected) in [
        ("postgres://h", vec!["h:5432"]),
        ("postgres://h:/d", vec!["h:5432"]),
        ("postgres://127.0.0.1:1/d", vec!["127.0.0.1:1"]),
        ("postgres://[::1]:7/d", vec!["[::1]:7"]),
        ("postgres://[::1]/d", vec!["[::1]:5432"]),
        ("postgres://a:1,b,c:3/d", vec!["a:1", "b:5432", "c:3"]),
        ("postgres://u:p@a,[fe80::1]:2/d", vec!["a:5432", "[fe80::1]:2"]),
        ("postgres:///d?host=a,b&port=1", vec!["a:1", "b:1"]),
        ("postgres:///d?host=a,b&port=1,", vec!["a:1", "b:5432"]),
        ("postgres://:9/d?host=/run/pg", vec!["/run/pg/.s.PGSQL.9"]),
        ("postgres://u@%2Frun%2Fpg/d", vec!["/run/pg/.s.PGSQL.5432"]),
        ("postgres:///d?host=%2Frun%2Fpg", vec!["/run/pg/.s.PGSQL.5432"]),
        ("postgres:///d?hostaddr=10.0.0.1", vec!["10.0.0.1:5432"]),
        ("postgres:///d?hostaddr=10.0.0.1,10.0.0.2", vec!["10.0.0.1:5432", "10.0.0.2:5432"]),
    ] {
        assert_eq!(hosts(url), expected, "{url}");
    }
    assert_eq!(parse("postgres://db/d?hostaddr=10.0.0.1").servers[0].addr, Some("10.0.0.1".parse().unwrap()));
    assert_eq!(parse("postgres://u@%2Frun%2Fpg/d").shown(), "postgresql://u@%2Frun%2Fpg:5432/d");
    // Without a host, servers of this machine are looked for.
    assert_eq!(hosts("postgres:///d").last().unwrap(), "localhost:5432");
    assert_eq!(parse("postgresql:///d").shown(), "postgresql:///d");
}

#[test]
fn other_machines_are_remote() {
    for url in ["postgres://localhost/d", "postgres://LOCALHOST/d", "postgres://127.9.9.9/d", "postgres://[::1]/d"] {
        assert!(!parse(url).remote(), "{url}");
    }
    for url in ["postgres:///d", "postgres://%2Ftmp/d", "postgres:///d?host=/tmp", "postgres://x/d?hostaddr=127.0.0.1"]
    {
        assert!(!parse(url).remote(), "{url}");
    }
    for url in
        ["postgres://db/d", "postgres://10.0.0.1/d", "postgres://localhost,db/d", "postgres://localhost.example/d"]
    {
        assert!(parse(url).remote(), "{url}");
    }
    assert!(parse("postgres://localhost/d?hostaddr=10.0.0.1").remote());
    assert!(!url::parse("sqlite:///a.db", Path::new("/base")).unwrap().remote());
}

#[test]
fn parameters() {
    let read = parse(
        "postgres://h/d?sslmode=verify-full&sslrootcert=/ca.pem&target_session_attrs=prefer-standby&connect_timeout=3\
         &load_balance_hosts=random&prepare=false&pool_size=4&pool_timeout=7&keepalives=0&keepalives_idle=9\
         &keepalives_interval=8&keepalives_count=2&tcp_user_timeout=1500&application_name=app&channel_binding=require\
         &sslnegotiation=direct&gssencmode=disable",
    );
    assert_eq!((read.ssl_mode, read.root_cert.as_deref()), (SslMode::VerifyFull, Some("/ca.pem")));
    assert_eq!((read.session, read.shuffled), (SessionAttrs::PreferStandby, true));
    assert_eq!(read.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!((read.prepare, read.pool_size), (Some(false), Some(4)));
    assert_eq!(read.pool_timeout, Some(Duration::from_secs(7)));
    assert_eq!(read.config.get_application_name(), Some("app"));
    assert_eq!((read.config.get_keepalives(), read.config.get_keepalives_retries()), (false, Some(2)));
    assert_eq!(read.config.get_tcp_user_timeout(), Some(&Duration::from_millis(1500)));

    let read = parse("postgres://h/d");
    assert_eq!((read.ssl_mode, read.session), (SslMode::Prefer, SessionAttrs::Any));
    let idle = read.config.get_keepalives_idle();
    let (interval, retries) = (read.config.get_keepalives_interval(), read.config.get_keepalives_retries());
    assert_eq!((idle.as_secs(), interval.map(|d| d.as_secs()), retries), (30, Some(10), Some(3)));
    assert_eq!(read.config.get_tcp_user_timeout(), Some(&Duration::from_secs(15)));
    assert_eq!(parse("postgres://h/d?tcp_user_timeout=0").config.get_tcp_user_timeout(), Some(&Duration::ZERO));
    assert_eq!(read.connect_timeout, Some(Duration::from_secs(10)));
    assert_eq!(read.config.get_application_name(), Some("plinth"));
    assert_eq!(parse("postgres://h/d?connect_timeout=0").connect_timeout, None);
    assert_eq!(parse("postgres://h/d?keepalives_idle=0&keepalives_count=0"), parse("postgres://h/d"));
    // The words of Prisma and of others.
    assert_eq!(parse("postgres://h/d?pgbouncer=true&connection_limit=2").prepare, Some(false));
    assert_eq!(parse("postgres://h/d?pgbouncer=true&connection_limit=2").pool_size, Some(2));
    assert_eq!(parse("postgres://h/d?ssl=true").ssl_mode, SslMode::Require);
}

#[test]
fn settings_of_the_session() {
    assert_eq!(options("postgres://h/d?options=-c%20a%3Db"), "-c a=b");
    assert_eq!(options("postgres://h/d?search_path=app,public"), "-c search_path=app,public");
    assert_eq!(options("postgres://h/d?schema=My%20%22App"), "-c search_path=\"My\\ \"\"App\"");
    assert_eq!(
        options("postgres://h/d?options=-c%20a%3Db&statement_timeout=5s&search_path=a\\b"),
        "-c a=b -c statement_timeout=5s -c search_path=a\\\\b"
    );
}

#[test]
fn settings_come_before_the_url() {
    let url = parse("postgres://h/d?pool_size=4&prepare=false&pool_timeout=7");
    let target = Target::new(&url, &Settings::default()).unwrap();
    assert_eq!((target.pool.size, target.prepare.kept(), target.database()), (4, Some(false), Some("d")));
    assert_eq!(target.pool.acquire_timeout, Some(Duration::from_secs(7)));
    assert_eq!(target.pool.idle_timeout, Some(Duration::from_secs(30)));
    let settings = r#"{ "prepare": true, "pool": { "size": 2, "acquireTimeoutMs": 5, "idleTimeoutMs": 0 } }"#;
    let target = Target::new(&url, &Settings::from_json(settings).unwrap()).unwrap();
    assert_eq!((target.pool.size, target.prepare.kept()), (2, Some(true)));
    assert_eq!((target.pool.acquire_timeout, target.pool.idle_timeout), (Some(Duration::from_millis(5)), None));
    let unlimited = Target::new(&parse("postgres://h/d?pool_timeout=0"), &Settings::default()).unwrap();
    assert_eq!(unlimited.pool.acquire_timeout, None);
    let other = target.with_database("else where");
    assert_eq!((other.database(), other.shown.as_str()), (Some("else where"), "postgresql://h:5432/else%20where"));
}

fn refused(url: &str) -> Error {
    let error = read(url).expect_err(url);
    assert_eq!(error.code, Code::UrlInvalid, "{url}");
    assert!(error.hint.is_some(), "{url}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    error
}

#[test]
fn what_cannot_be_meant_is_refused_without_repeating_it() {
    for url in [
        "postgres://u:secret/x@h/d",
        "postgres://u:secret?x@h/d",
        "postgres://u:12/secret@h/d",
        "postgres://u:p@secret/x@h/d",
        "postgres://u:secret@h:0/d",
        "postgres://u:secret@h:65536/d",
        "postgres://u:secret@h:port/d",
        "postgres://u:secret",
        "postgres://u:secret@h h/d",
        "postgres://u:secret@[::1/d",
        "postgres://u:secret@[::1]x/d",
        "postgres://u:secret@h,i/d?port=1,2,3",
        "postgres://u:secret@h,i/d?hostaddr=10.0.0.1",
        "postgres://u:secret@h/d?hostaddr=secret",
        "postgres://u:secret@h/%FF",
        "postgres://u:secret@h/a%00b",
        "postgres://u:x@h/d?sslnegotiation=direct",
    ] {
        refused(url);
    }
    for (parameter, named) in [
        ("sslmode=secret", "sslmode"),
        ("target_session_attrs=secret", "target_session_attrs"),
        ("connect_timeout=secret", "connect_timeout"),
        ("pool_size=0", "pool_size"),
        ("prepare=secret", "prepare"),
        ("keepalives_idle=-1", "keepalives_idle"),
        ("gssencmode=require", "gssencmode"),
        ("sslmod=secret", "sslmod"),
    ] {
        let error = refused(&format!("postgres://h/d?{parameter}"));
        assert!(error.message.contains(&format!("`{named}`")), "{error}");
    }
    // What does not look like a parameter's name is not repeated either.
    assert!(!refused("postgres://u:p@h/d?se+cret=1").message.contains("cret"));
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

proptest! {
    #[test]
    fn any_credentials_come_through(user in "[^\0]{1,12}", password in "[^\0]{1,12}", database in "[^\0]{1,12}") {
        let url = format!("postgres://{}:{}@h/{}", encode(&user), encode(&password), encode(&database));
        let read = parse(&url);
        prop_assert_eq!(read.config.get_user(), Some(user.as_str()));
        prop_assert_eq!(read.config.get_password(), Some(password.as_bytes()));
        prop_assert_eq!(read.config.get_dbname(), Some(database.as_str()));
        // What is shown is a URL of the same database.
        let again = parse(&read.shown());
        prop_assert_eq!(again.config.get_user(), Some(user.as_str()));
        prop_assert_eq!(again.config.get_dbname(), Some(database.as_str()));
        prop_assert_eq!(again.servers, read.servers);
    }

    #[test]
    fn no_text_makes_it_panic_or_tell(text in "\\PC{0,40}") {
        if let Err(error) = url::parse(&format!("postgres://u:sEcReT{text}"), Path::new("/base")) {
            let text = format!("{error:?}");
            prop_assert!(!text.contains("sEcReT"), "{}", text);
        }
    }
}
