/*
 * The key that signs access tokens, alone in this process: ES256, in
 * <data_dir>/secrets/auth-signing-key.pem, made at the first start. Its public half is the JWKS
 * document. The private half never leaves the file and this struct. Read-only after creation; any
 * thread.
 */
#ifndef AUTH_SIGN_H
#define AUTH_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/token.h"

#define THUMBPRINT_BYTES 46 /* 43 characters, and room for the encoder */

struct signer;

must_use enum error signer_create(const char *data_dir, struct signer **ret_signer);
void signer_destroy(struct signer *signer); /* NULL is fine */

/* The key set with our one key (RFC 7517); borrowed. */
const char *signer_jwks(const struct signer *signer);

struct user_claims {
    const char *user_id, *session_id, *name; /* borrowed */
    bool guest, admin;
};
must_use enum error sign_user_token(const struct signer *signer, const struct user_claims *claims,
                                    int64_t issued_unix_ms, int64_t expires_unix_ms,
                                    char ret_token[TOKEN_BYTES_MAX]);

must_use enum error sign_service_token(const struct signer *signer, const char *service,
                                       const char *scope, int64_t issued_unix_ms,
                                       int64_t expires_unix_ms, char ret_token[TOKEN_BYTES_MAX]);

/* RFC 7638, of a P-256 key whose coordinates are given in base64url. */
void sign_thumbprint(const char *x, const char *y, char ret_text[THUMBPRINT_BYTES]);

#endif
