"""An authorization server around Authlib's endpoints of RFC 7591 and RFC 7592.

ORIGIN    what it calls itself
DATABASE  an SQLite file, its books
VARIANT   strict: every use of a registration access token replaces it, an update replaces all metadata, and what the
          metadata of the server does not list is refused; lenient: the token stays, an update is merged, nothing is
          listed
"""

import json
import os
import secrets
import sqlite3

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants, list_to_scope, scope_to_list
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, jsonify

ORIGIN = os.environ["ORIGIN"]
DATABASE = os.environ["DATABASE"]
STRICT = os.environ["VARIANT"] == "strict"
PERSON = "person"

ENDPOINTS = {
    "issuer": ORIGIN,
    "authorization_endpoint": ORIGIN + "/authorize",
    "token_endpoint": ORIGIN + "/token",
    "registration_endpoint": ORIGIN + "/register",
    "response_types_supported": ["code"],
}
LISTED = {
    "scopes_supported": ["openid", "offline_access", "fhirUser", "launch/patient", "patient/*.rs"],
    "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
}
METADATA = {**ENDPOINTS, **(LISTED if STRICT else {})}


def database():
    return sqlite3.connect(DATABASE, isolation_level=None, timeout=10)


with database() as made:
    made.execute("CREATE TABLE IF NOT EXISTS clients (id TEXT PRIMARY KEY, info TEXT NOT NULL, metadata TEXT NOT NULL)")
    made.execute("CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, client TEXT NOT NULL)")


class Client(ClientMixin):
    def __init__(self, info, metadata):
        self.client_info = info
        self.client_metadata = metadata

    def save(self):
        row = (self.get_client_id(), json.dumps(self.client_info), json.dumps(self.client_metadata))
        database().execute("INSERT OR REPLACE INTO clients VALUES (?, ?, ?)", row)
        return self

    def get_client_id(self):
        return self.client_info["client_id"]

    def get_default_redirect_uri(self):
        return next(iter(self.client_metadata.get("redirect_uris", [])), None)

    def get_allowed_scope(self, scope):
        allowed = set(scope_to_list(self.client_metadata.get("scope", "")) or [])
        return list_to_scope([one for one in scope_to_list(scope or "") or [] if one in allowed])

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.client_metadata.get("redirect_uris", [])

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(self.client_info["client_secret"], str(client_secret))

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.client_metadata.get("token_endpoint_auth_method", "client_secret_basic")

    def check_response_type(self, response_type):
        return response_type in self.client_metadata.get("response_types", ["code"])

    def check_grant_type(self, grant_type):
        return grant_type in self.client_metadata.get("grant_types", ["authorization_code"])


def find_client(client_id):
    row = database().execute("SELECT info, metadata FROM clients WHERE id = ?", (client_id,)).fetchone()
    return Client(json.loads(row[0]), json.loads(row[1])) if row else None


class RegistrationAccessToken(TokenMixin):
    def __init__(self, token, client_id):
        self.token = token
        self.client_id = client_id

    def check_client(self, client):
        return client.get_client_id() == self.client_id


def issue_token(client_id):
    token = secrets.token_urlsafe(24)
    database().execute("INSERT INTO tokens VALUES (?, ?)", (token, client_id))
    return token


def revoke_token(token):
    database().execute("DELETE FROM tokens WHERE token = ?", (token,))


def configuration_uri(client):
    return f"{ORIGIN}/register/{client.get_client_id()}"


class Register(ClientRegistrationEndpoint):
    def authenticate_token(self, request):
        return "open"

    def get_server_metadata(self):
        return METADATA

    def save_client(self, client_info, client_metadata, request):
        return Client(client_info, client_metadata).save()

    def generate_client_registration_info(self, client, request):
        token = issue_token(client.get_client_id())
        return {"registration_client_uri": configuration_uri(client), "registration_access_token": token}


class Configure(ClientConfigurationEndpoint):
    def authenticate_token(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        row = database().execute("SELECT client FROM tokens WHERE token = ?", (token,)).fetchone()
        return RegistrationAccessToken(token, row[0]) if scheme.lower() == "bearer" and row else None

    def authenticate_client(self, request):
        return find_client(request.uri.split("?")[0].rsplit("/", 1)[1])

    def revoke_access_token(self, token, request):
        # The library has called it with these two the other way round as well.
        revoke_token(getattr(token, "token", None) or request.token)

    def check_permission(self, client, request):
        return True

    def delete_client(self, client, request):
        database().execute("DELETE FROM clients WHERE id = ?", (client.get_client_id(),))
        database().execute("DELETE FROM tokens WHERE client = ?", (client.get_client_id(),))

    def update_client(self, client, client_metadata, request):
        client.client_metadata = client_metadata if STRICT else {**client.client_metadata, **client_metadata}
        return client.save()

    def get_server_metadata(self):
        return METADATA

    def generate_client_registration_info(self, client, request):
        token = request.credential.token
        if STRICT:
            revoke_token(token)
            token = issue_token(client.get_client_id())
        return {"registration_client_uri": configuration_uri(client), "registration_access_token": token}


class Code(AuthorizationCodeMixin):
    def __init__(self, code, request):
        self.code = code
        self.client_id = request.payload.client_id
        self.redirect_uri = request.payload.redirect_uri
        self.scope = request.payload.scope
        self.code_challenge = request.payload.data.get("code_challenge")
        self.code_challenge_method = request.payload.data.get("code_challenge_method")

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope or ""


codes = {}


class AuthorizationCode(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]

    def save_authorization_code(self, code, request):
        codes[code] = Code(code, request)

    def query_authorization_code(self, code, client):
        found = codes.get(code)
        return found if found and found.client_id == client.get_client_id() else None

    def delete_authorization_code(self, authorization_code):
        del codes[authorization_code.code]

    def authenticate_user(self, authorization_code):
        return PERSON


app = Flask(__name__)
server = AuthorizationServer(app, query_client=find_client, save_token=lambda token, request: None)
server.register_grant(AuthorizationCode, [CodeChallenge(required=True)])
server.register_grant(grants.ClientCredentialsGrant)
server.register_endpoint(Register)
server.register_endpoint(Configure)


@app.get("/.well-known/oauth-authorization-server")
def metadata():
    return jsonify(METADATA)


@app.get("/.well-known/smart-configuration")
def smart_configuration():
    capabilities = ["launch-standalone", "client-public", "client-confidential-symmetric"]
    return jsonify({**METADATA, "capabilities": capabilities, "code_challenge_methods_supported": ["S256"]})


@app.get("/authorize")
def authorize():
    """Everybody who comes here is signed in and agrees."""
    grant = server.get_consent_grant(end_user=PERSON)
    return server.create_authorization_response(grant=grant, grant_user=PERSON)


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/register")
def register():
    return server.create_endpoint_response("client_registration")


@app.route("/register/<client_id>", methods=["GET", "PUT", "DELETE"])
def configure(client_id):
    return server.create_endpoint_response("client_configuration")
