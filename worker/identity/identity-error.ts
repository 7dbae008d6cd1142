import { RegistrarError } from '../../shared/errors/registrar-error.ts';

/** For everything by which a token could be somebody's forgery: one message, which tells a forger nothing. */
export function untrustedToken(): RegistrarError {
  return new RegistrarError('identity_refused', {
    message: 'The id-token is not one that GitHub Actions issued for this Worker to trust.',
    hint: 'Use the id-token that GitHub Actions issues to the job (`permissions: id-token: write`), unchanged. The operator lists GitHub servers other than github.com in GH_OIDC_ISSUERS.',
  });
}

/** The request came without an id-token. */
export function missingToken(): RegistrarError {
  return new RegistrarError('identity_refused', { message: 'The request carries no id-token.' });
}

/** The token proves a run, but not to this Worker. */
export function otherAudience(publicUrl: string): RegistrarError {
  return new RegistrarError('identity_refused', {
    message: 'The id-token is for another audience.',
    hint: `Ask GitHub for an id-token with the audience ${publicUrl}, exactly so.`,
  });
}

/** The token was good once, or will be. */
export function outOfTime(when: 'expired' | 'early'): RegistrarError {
  return new RegistrarError('identity_refused', {
    message: when === 'expired' ? 'The id-token has expired.' : 'The id-token is not valid yet.',
    hint:
      when === 'expired'
        ? 'Fetch a fresh id-token for each request; GitHub makes them for a few minutes only.'
        : 'Set the clock of the GitHub server that issues the id-tokens right.',
  });
}

/** The token is genuine, and lacks what a decision needs. */
export function unusableClaims(claims: readonly string[]): RegistrarError {
  return new RegistrarError('identity_refused', {
    message: `The id-token lacks claims that are needed, or they are not as GitHub writes them: ${claims.join(', ')}.`,
    hint: 'Use a GitHub server whose id-tokens have these claims.',
  });
}
