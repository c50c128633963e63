// Authorities and certificates of servers, made for a test.
import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

const { pki } = forge
let serial = 1

function keys() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicKey: pki.publicKeyFromPem(publicKey), privateKey: pki.privateKeyFromPem(privateKey), pem: privateKey }
}

function certificate({ subject, issuer, publicKey, signedBy, extensions, days }) {
  const made = pki.createCertificate()
  made.serialNumber = String(serial++).padStart(2, '0')
  made.publicKey = publicKey
  const day = 24 * 60 * 60 * 1000
  made.validity.notBefore = new Date(Date.now() - 10 * day)
  made.validity.notAfter = new Date(Date.now() + days * day)
  made.setSubject([{ name: 'commonName', value: subject }])
  made.setIssuer([{ name: 'commonName', value: issuer }])
  made.setExtensions(extensions)
  made.sign(signedBy, forge.md.sha256.create())
  return pki.certificateToPem(made)
}

/** An authority: its certificate as PEM, and how it signs that of a server for these host names, for so many days. */
export function authority(name) {
  const own = keys()
  const cert = certificate({
    subject: name,
    issuer: name,
    publicKey: own.publicKey,
    signedBy: own.privateKey,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
    days: 10,
  })
  const issue = (hosts, { days = 10 } = {}) => {
    const server = keys()
    return {
      key: server.pem,
      cert: certificate({
        subject: hosts[0],
        issuer: name,
        publicKey: server.publicKey,
        signedBy: own.privateKey,
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: hosts.map(value => ({ type: 2, value })) },
        ],
        days,
      }),
    }
  }
  return { cert, issue }
}
