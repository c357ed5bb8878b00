/**
 * Certificates that no client should accept, and the one key they share. The key is public by being here: it guards
 * nothing but loopback tests.
 */
export const TEST_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf9I4NAsRRP6xO8K0
C3SSgq6EkrROEgf7y7Xp8P2mclWhRANCAATIwXxJA0LQ+W/JJWgllGwv8RedPorP
FU3dq/vVfmTj/IxlfinzdWzR4F//wJLyNErcrxVvhTxkkORKEmt8EHpS
-----END PRIVATE KEY-----`;

/** What is wrong with a certificate besides being self-signed. */
export type CertificateFault = "self_signed" | "expired" | "wrong_host";

export const CERTIFICATES: { readonly [fault in CertificateFault]: string } = {
  /** For 127.0.0.1 and localhost, 2025 to 2125. */
  self_signed: `-----BEGIN CERTIFICATE-----
MIIBYzCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjUwMTAxMDAwMDAwWhgPMjEyNTAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMjBfEkDQtD5b8kl
aCWUbC/xF50+is8VTd2r+9V+ZOP8jGV+KfN1bNHgX//AkvI0StyvFW+FPGSQ5EoS
a3wQelKjSzBJMBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9zdDAMBgNVHRMEBTAD
AQH/MB0GA1UdDgQWBBQmM4g+oPfZmAqGbb4i56mHLUMiqTAKBggqhkjOPQQDAgNH
ADBEAiA+8wvIBM0+xopI1x03tHONG4xcNfjFytyxkYOpVykSyQIgEmUknVRkShBv
0HVDjlNAReCtywIxvMKfBbDyyVl3EB0=
-----END CERTIFICATE-----`,
  /** For 127.0.0.1 and localhost, one day in 2020. */
  expired: `-----BEGIN CERTIFICATE-----
MIIBYzCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwHhcNMjAwMTAxMDAwMDAwWhcNMjAwMTAyMDAwMDAwWjAUMRIwEAYDVQQDDAls
b2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATIwXxJA0LQ+W/JJWgl
lGwv8RedPorPFU3dq/vVfmTj/IxlfinzdWzR4F//wJLyNErcrxVvhTxkkORKEmt8
EHpSo0swSTAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwDAYDVR0TBAUwAwEB
/zAdBgNVHQ4EFgQUJjOIPqD32ZgKhm2+Iuephy1DIqkwCgYIKoZIzj0EAwIDSQAw
RgIhANNdco3aMqozJETLvSs6HkMihfSzD6S/r9i3EraJHh5gAiEAufpXDD1VTh6z
bIUfi2qB7y9DvqyGMLU8MEgWdHRioeI=
-----END CERTIFICATE-----`,
  /** For other.invalid. */
  wrong_host: `-----BEGIN CERTIFICATE-----
MIIBajCCARCgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1vdGhlci5p
bnZhbGlkMCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1vdGhlci5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEyMF8
SQNC0PlvySVoJZRsL/EXnT6KzxVN3av71X5k4/yMZX4p83Vs0eBf/8CS8jRK3K8V
b4U8ZJDkShJrfBB6UqNJMEcwGAYDVR0RBBEwD4INb3RoZXIuaW52YWxpZDAMBgNV
HRMEBTADAQH/MB0GA1UdDgQWBBQmM4g+oPfZmAqGbb4i56mHLUMiqTAKBggqhkjO
PQQDAgNIADBFAiEAx/Nh28saIqGj9vYESgtwBSOAYoN7AP2Z2K/E+nM4iwkCIDIz
87AH/iKG8Kk32ATRPd1WvJAZhhJUa/pkS4pF2twU
-----END CERTIFICATE-----`,
};
