//! TLS by rustls, with libpq's meaning of `sslmode`: which side needs a certificate, and what is
//! verified of it.

use super::parameter::SslMode;
use super::url::PostgresUrl;
use crate::engine::settings::Settings;
use crate::error::{Code, Error, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{ring, verify_tls12_signature, verify_tls13_signature, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How connections of a database are encrypted.
#[derive(Debug)]
pub struct Tls {
    /// Whether they are.
    pub mode: SslMode,
    verify: Verify,
    roots: Roots,
    connector: OnceLock<Connector>,
}

/// What is verified of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verify {
    Nothing,
    Chain,
    ChainAndName,
}

/// Whom a certificate must come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Roots {
    /// The authorities that this machine trusts.
    System,
    /// Those of this text.
    Pem(String),
    /// Those of this file.
    File(PathBuf),
}

struct Connector(MakeRustlsConnect);

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Tls {
    /// The target that a URL and the settings beside it ask for. Certificates are read when they
    /// are first needed.
    pub fn new(url: &PostgresUrl, settings: &Settings) -> Self {
        let given = settings.root_cert.as_deref().filter(|given| !given.is_empty()).or(url.root_cert.as_deref());
        // Any authority of the system signs for anybody: the chain alone would prove nothing.
        let mode = match (url.ssl_mode, given) {
            (SslMode::Disable, _) => SslMode::Disable,
            (_, Some("system")) => SslMode::VerifyFull,
            (mode, _) => mode,
        };
        let verify = match mode {
            _ if settings.allow_self_signed => Verify::Nothing,
            SslMode::VerifyFull => Verify::ChainAndName,
            SslMode::VerifyCa => Verify::Chain,
            _ if given.is_some() => Verify::Chain,
            _ => Verify::Nothing,
        };
        let roots = match given {
            None | Some("system") => Roots::System,
            // From an environment file the lines often come in one.
            Some(pem) if pem.contains("-----BEGIN") => Roots::Pem(pem.replace("\\n", "\n")),
            Some(path) => Roots::File(PathBuf::from(&settings.base).join(path)),
        };
        Tls { mode, verify, roots, connector: OnceLock::new() }
    }

    /// Whether a connection may go on without encryption where encryption fails.
    pub fn optional(&self) -> bool {
        self.mode == SslMode::Prefer && self.verify == Verify::Nothing
    }

    /// The maker of encrypted connections.
    pub fn connector(&self) -> Result<MakeRustlsConnect> {
        if let Some(made) = self.connector.get() {
            return Ok(made.0.clone());
        }
        let provider = Arc::new(ring::default_provider());
        let authorities = match self.verify {
            Verify::Nothing => Vec::new(),
            _ => self.roots.load()?,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.iter().cloned());
        let verifier = Verifier { verify: self.verify, roots, authorities, provider: Arc::clone(&provider) };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::new(Code::TlsFailed, format!("TLS cannot be set up: {error}.")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(self.connector.get_or_init(|| Connector(MakeRustlsConnect::new(config))).0.clone())
    }
}

impl Roots {
    fn load(&self) -> Result<Vec<CertificateDer<'static>>> {
        let failed = |message: String| {
            Error::new(Code::TlsFailed, message)
                .hint("PG_SSL_ROOT_CERT, or sslrootcert in the URL, is the path of a PEM file, or its text.")
        };
        let (pem, named) = match self {
            // Without roots no certificate is trusted, and the error of that has a hint.
            Roots::System => return Ok(rustls_native_certs::load_native_certs().certs),
            Roots::Pem(text) => (text.clone().into_bytes(), "PG_SSL_ROOT_CERT".to_owned()),
            Roots::File(path) => match fs::read(path) {
                Ok(bytes) => (bytes, path.display().to_string()),
                Err(error) => {
                    return Err(failed(format!("The root certificate {} cannot be read: {error}.", path.display())))
                }
            },
        };
        let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(failed(format!("{named} holds no certificate in PEM."))),
        }
    }
}

/// Verifies as much of a server's certificate as `sslmode` asks for.
#[derive(Debug)]
struct Verifier {
    verify: Verify,
    roots: RootCertStore,
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if self.verify == Verify::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        match verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms) {
            // A server's certificate that signs itself, an authority's and a server's in one: trusted where it is given
            // as root. That it has not expired was verified before this objection.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(fault)))
                if fault.to_string() == "CaUsedAsEndEntity" =>
            {
                if !self.authorities.iter().any(|own| own == certificate) {
                    return Err(CertificateError::UnknownIssuer.into());
                }
            }
            result => result?,
        }
        if self.verify == Verify::ChainAndName {
            verify_server_name(&parsed, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why no encrypted connection could be made with the server named.
pub fn failure(error: &rustls::Error, server: &str) -> Error {
    let failed = |message: String| Error::new(Code::TlsFailed, message);
    let rustls::Error::InvalidCertificate(fault) = error else {
        return failed(format!("No encrypted connection could be made with {server}: {error}."));
    };
    match fault {
        CertificateError::UnknownIssuer => {
            failed(format!("The certificate of {server} is not from a trusted authority.")).hint(
                "Set PG_SSL_ROOT_CERT to the certificate of the server's authority; or, to encrypt without knowing \
                 with whom, PG_SSL_ALLOW_SELF_SIGNED=true.",
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            failed(format!("The certificate of {server} is for another host.")).hint(
                "The URL's host must be a name in the certificate's subjectAltName, its CN does not count; otherwise \
                 use sslmode=verify-ca.",
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            failed(format!("The certificate of {server} has expired.")).hint("Renew it on the server.")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            failed(format!("The certificate of {server} is not valid yet."))
                .hint("Compare the clocks of the server and of this machine.")
        }
        fault => failed(format!("The certificate of {server} is not accepted: {fault}.")),
    }
}
