import type { Certificate } from "../handshakes.ts";

/** For `localhost` and 127.0.0.1, signed by itself, good for a hundred years, and trusted by nobody: for tests only. */
export const testCertificate: Certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDRuUni9KfMYMh8sC
vjLrumMEOyrq4boEFw1Dbi4PSRyhRANCAAROZkCWSBymAcrgn6oLg/jNs5O7pwdS
5cUENn4AmHBSON7+a+sRQFpiykDv7H6MCotgkxuWWQa3XdFYTJPIQ6OQ
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUHgR1gSWwhjcbEZV5Bmj+hnVmswkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDAyMjAzM1oYDzIxMjYxMDMx
MDIyMDMzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAROZkCWSBymAcrgn6oLg/jNs5O7pwdS5cUENn4AmHBSON7+a+sRQFpi
ykDv7H6MCotgkxuWWQa3XdFYTJPIQ6OQo28wbTAdBgNVHQ4EFgQUfQUhaeBmw2ON
8a+YpSvgmJwaEHgwHwYDVR0jBBgwFoAUfQUhaeBmw2ON8a+YpSvgmJwaEHgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAKCVD7Nl5YNmUbtZacf+bMgyaIYMuqWOxra6LIoXLB0cAiB9
pSanQ1NDJJ76XvGKSx5zSnu6sKV1XvsCf4YjUUu/XQ==
-----END CERTIFICATE-----
`,
};
