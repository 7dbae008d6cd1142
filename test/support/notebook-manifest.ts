/** The manifest that the notebook registered by hand. */
export const NOTEBOOK_MANIFEST = {
  software_id: 'com.ehtcares:fhirstorm:1.0',
  client_name: 'FHIRstorm auto-register text',
  launch_url: 'http://localhost:8000/launch',
  redirect_uris: ['http://localhost:8000/callback'],
  scope: 'launch launch/patient openid profile patient/*.read',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  fhir_versions: ['1.0.2', '1.1.0', '1.4.0', '1.6.0', '1.8.0', '3.0.1'],
} as const;
