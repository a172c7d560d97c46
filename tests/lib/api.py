# SPDX-License-Identifier: Apache-2.0
"""Holds real HTTP exchanges against an OpenAPI 3.1 contract.

    api = Contract(ROOT / "proto/service-api.yaml")
    api.check("POST", "/v1/verify", request_headers, request_body, status, answer_headers, answer_body)

A contract that says less than the truth is as wrong as one that says more: in answers every member must be named, although clients are
told to ignore unknown ones. A request is checked only if the service accepted it (2xx): tests send wrong ones on purpose."""
import copy
import functools
import json
import re
import urllib.parse

import jsonschema
import yaml


class Breach(AssertionError):
    """What travelled is not what the contract says."""


def _strict(node):
    """Every object that names its members has no others."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
            node["additionalProperties"] = False
        for v in node.values():
            _strict(v)
    elif isinstance(node, list):
        for v in node:
            _strict(v)


class Contract:
    def __init__(self, path):
        self.doc = yaml.safe_load(open(path, encoding="utf-8"))
        self.tight = copy.deepcopy(self.doc)
        _strict(self.tight["components"]["schemas"])
        self.seen = set()
        self._paths = [(re.compile("^" + re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(p)) + "$"), p) for p in self.doc["paths"]]

    def resolve(self, node):
        while isinstance(node, dict) and set(node) == {"$ref"}:
            node = functools.reduce(lambda at, key: at[key], node["$ref"][2:].split("/"), self.doc)
        return node

    def operation(self, method, path):
        """The operation and its path's template; (None, None) for what the contract does not name."""
        for pattern, template in self._paths:
            if pattern.match(path):
                op = self.doc["paths"][template].get("get" if method == "HEAD" else method.lower())
                if op:
                    return op, template
        return None, None

    def operations(self):
        return {(m.upper(), p) for p, item in self.doc["paths"].items() for m in item if m != "parameters"}

    def validate(self, schema, value, tight, where):
        root = self.tight if tight else self.doc
        schema = copy.deepcopy(schema)
        if tight:
            _strict(schema)
        resolver = jsonschema.RefResolver("", root)
        errors = sorted(jsonschema.Draft202012Validator(schema, resolver=resolver).iter_errors(value), key=str)
        if errors:
            e = jsonschema.exceptions.best_match(errors) or errors[0]
            raise Breach(f"{where}: {'/'.join(map(str, e.absolute_path)) or 'body'}: {e.message[:400]}")

    def _content(self, content, content_type, body, tight, where):
        kind = (content_type or "").split(";")[0].strip().lower()
        if kind not in content:
            raise Breach(f"{where}: content type {content_type!r}, not one of {sorted(content)}")
        if kind == "application/octet-stream":
            return
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        self.validate(content[kind]["schema"], json.loads(text) if kind.endswith("json") else text, tight, where)

    def _parameters(self, op, template, query, where):
        params = [self.resolve(p) for p in self.doc["paths"][template].get("parameters", []) + op.get("parameters", [])]
        for p in (p for p in params if p["in"] == "query"):
            if p["name"] not in query:
                if p.get("required"):
                    raise Breach(f"{where}: parameter {p['name']} is missing")
                continue
            schema = self.resolve(p["schema"])
            value = query.pop(p["name"])
            self.validate(schema, int(value) if schema.get("type") == "integer" else value, False, f"{where}: {p['name']}")
        if query:
            raise Breach(f"{where}: parameters {sorted(query)} are not in the contract")

    def check(self, method, url, request_headers, request_body, status, headers, body):
        path, _, query = url.partition("?")
        op, template = self.operation(method, path)
        where = f"{method} {path} {status}"
        headers = {k.lower(): v for k, v in dict(headers).items()}
        if op is None:
            if status not in (404, 405):
                raise Breach(f"{where}: answered, but not in the contract")
            op = {"responses": {"default": {"$ref": "#/components/responses/problem"}}}
        elif 200 <= status < 300:
            self.seen.add((method, template))
            self._parameters(op, template, dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), where)
            self._request(op, request_headers, request_body, where)
        response = op["responses"].get(str(status)) or op["responses"].get("default")
        if response is None or (status < 400 and str(status) not in op["responses"]):
            raise Breach(f"{where}: the contract has no such answer")
        self._answer(self.resolve(response), status, headers, body if method != "HEAD" else None, where)

    def _request(self, op, headers, body, where):
        wanted = op.get("requestBody")
        if body and not wanted:
            raise Breach(f"{where}: a body was sent that the contract does not have")
        if wanted and not body and wanted.get("required"):
            raise Breach(f"{where}: the body is missing")
        if wanted and body:
            kind = next((v for k, v in dict(headers or {}).items() if k.lower() == "content-type"), None)
            self._content(wanted["content"], kind, body, False, where + " (request)")

    def _answer(self, response, status, headers, body, where):
        for name, spec in response.get("headers", {}).items():
            value = headers.get(name.lower())
            if value is None and spec.get("required"):
                raise Breach(f"{where}: header {name} is missing")
            if value is not None:
                self.validate(spec["schema"], value, False, f"{where}: header {name}")
        content = response.get("content")
        if content is None:
            if body:
                raise Breach(f"{where}: a body where the contract has none")
        elif body is not None:
            self._content(content, headers.get("content-type"), body, True, where)
            if status >= 400 and json.loads(body)["status"] != status:
                raise Breach(f"{where}: the problem's status is another")
