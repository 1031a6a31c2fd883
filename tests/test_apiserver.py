"""The API server for tests answers as a real one does, and fails as a real one does."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.apiserver import (
    CANARY,
    CANARY_BASE64,
    Access,
    FakeCluster,
    cluster_from,
    documents_from,
)
from tests.apiserver.trial import PODS, Start, named, servers

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DUMP = Path(__file__).resolve().parents[2] / "shared" / "cluster"


@pytest.fixture
def start() -> Iterator[Start]:
    with servers() as starter:
        yield starter


def test_paging_walks_every_object_once_in_the_order_of_keys(start: Start) -> None:
    _, client = start()
    names: list[str] = []
    token, remaining = "", []
    while True:
        page = client.get(f"{PODS}?limit=7&continue={token}")
        names += [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in page["items"]]
        remaining.append(page["metadata"].get("remainingItemCount"))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert names == sorted(set(names))
    assert len(names) == 24
    assert remaining == [17, 10, 3, None]


def test_a_list_names_its_kind_and_its_items_do_not(start: Start) -> None:
    _, client = start()
    page = client.get("/apis/rbac.authorization.k8s.io/v1/roles")
    assert (page["kind"], page["apiVersion"]) == ("RoleList", "rbac.authorization.k8s.io/v1")
    assert page["metadata"]["resourceVersion"]
    assert page["items"] == [
        {
            "metadata": {"name": "reader", "labels": {"app": "reader"}, "namespace": "team-a"},
            "rules": [],
        }
    ]
    one = client.get("/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/roles/reader")
    assert (one["kind"], one["apiVersion"]) == ("Role", "rbac.authorization.k8s.io/v1")


def test_an_object_that_is_not_there_is_not_found(start: Start) -> None:
    _, client = start()
    status, body, _ = client.send("/apis/apps/v1/namespaces/team-a/deployments/web")
    assert status == 404
    content = json.loads(body)
    assert content["message"] == 'deployments.apps "web" not found'
    assert content["details"] == {"name": "web", "group": "apps", "kind": "deployments"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("labelSelector=app%3Dweb", 12),
        ("labelSelector=app!%3Dweb", 12),
        ("labelSelector=!app", 0),
        ("fieldSelector=metadata.name%3Dweb-3", 2),
        ("fieldSelector=metadata.name%3Dweb-3,metadata.namespace%3Dteam-a", 1),
        ("fieldSelector=metadata.namespace!%3Dteam-a&labelSelector=app%3D%3Ddb", 6),
    ],
)
def test_selectors_choose_by_equality(start: Start, query: str, count: int) -> None:
    _, client = start()
    page = client.get(f"{PODS}?{query}&limit=1")
    assert "remainingItemCount" not in page["metadata"]  # upstream does not know it with a selector
    assert len(client.get(f"{PODS}?{query}")["items"]) == count


def test_a_selector_that_is_not_understood_is_a_bad_request(start: Start) -> None:
    _, client = start()
    assert client.send(f"{PODS}?fieldSelector=spec.colour%3Dred")[0] == 400
    assert client.send(f"{PODS}?labelSelector=app+in+(web)")[0] == 400
    assert client.send(f"{PODS}?continue=nonsense")[0] == 400


def test_metadata_only_lists_and_tables_carry_no_payload(start: Start) -> None:
    _, client = start()
    for path in ("/api/v1/secrets", "/api/v1/namespaces/team-a/configmaps"):
        page = client.get(path, accept=METADATA_ONLY)
        assert page["kind"] == "PartialObjectMetadataList"
        assert [set(item) for item in page["items"]] == [{"kind", "apiVersion", "metadata"}]
    table = client.get("/api/v1/secrets", accept=f"{TABLE},application/json")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    assert table["rows"][0]["cells"] == ["login", "Opaque", 2, "<unknown>"]
    assert set(table["rows"][0]["object"]) == {"kind", "apiVersion", "metadata"}


def test_whoever_asks_for_whole_secrets_and_configmaps_gets_the_canary(start: Start) -> None:
    _, client = start()
    secrets = client.get("/api/v1/secrets")["items"]
    assert secrets[0]["data"] == {"user": CANARY_BASE64, "password": CANARY_BASE64}
    assert client.get("/api/v1/configmaps")["items"][0]["data"] == {"mode": CANARY}


def test_aggregated_discovery_is_refused_unless_plain_json_will_do(start: Start) -> None:
    _, client = start()
    aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    assert client.send("/apis", accept=aggregated)[0] == 406
    assert client.get("/apis", accept=f"{aggregated},application/json")["kind"] == "APIGroupList"


def test_discovery_lists_what_is_built_in_and_what_is_there(start: Start) -> None:
    _, bare = start()
    gateway = named("gateway.networking.k8s.io/v1", "Gateway", "edge", "team-a")
    definition = named(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "mice.zoo.example.com",
        spec={
            "group": "zoo.example.com",
            "scope": "Namespaced",
            "names": {"plural": "mice", "kind": "Mouse"},
            "versions": [{"name": "v1beta1"}],
        },
    )
    _, rich = start(FakeCluster([gateway, definition], absent=["policy", "autoscaling/v1"]))
    groups = [{group["name"]: group for group in client.get("/apis")["groups"]} for client in (bare, rich)]
    assert {"apps", "batch", "policy", "rbac.authorization.k8s.io"} <= set(groups[0])
    assert set(groups[1]) - set(groups[0]) == {"gateway.networking.k8s.io", "zoo.example.com"}
    assert set(groups[0]) - set(groups[1]) == {"policy"}
    assert [entry["version"] for entry in groups[1]["autoscaling"]["versions"]] == ["v2"]
    core = {entry["name"]: entry for entry in bare.get("/api/v1")["resources"]}
    assert core["pods"]["namespaced"]
    assert not core["nodes"]["namespaced"]
    assert core["pods"]["singularName"] == "pod"
    assert "list" in core["pods"]["verbs"]
    assert [entry["name"] for entry in rich.get("/apis/zoo.example.com/v1beta1")["resources"]] == ["mice"]
    assert rich.get("/apis/zoo.example.com/v1beta1/mice")["kind"] == "MouseList"


@pytest.mark.parametrize(
    "path", ["/apis/gateway.networking.k8s.io/v1", "/apis/gateway.networking.k8s.io/v1/gateways"]
)
def test_what_nothing_serves_is_an_unknown_page(start: Start, path: str) -> None:
    _, client = start()
    status, body, _ = client.send(path)
    assert (status, body) == (404, b"404 page not found\n")


@pytest.mark.parametrize("path", ["/apis/apps/v1beta1/deployments", "/api/v1/namespaces/team-a/nodes"])
def test_what_a_group_of_the_server_lacks_is_not_found(start: Start, path: str) -> None:
    _, client = start()
    status, body, _ = client.send(path)
    assert status == 404
    assert json.loads(body)["reason"] == "NotFound"


def test_version_is_the_clusters(start: Start) -> None:
    _, client = start(FakeCluster([], {"gitVersion": "v1.29.3"}))
    assert client.get("/version") == {"gitVersion": "v1.29.3"}
    _, client = start()
    assert {"major", "minor", "gitVersion", "gitCommit", "goVersion", "platform"} <= set(
        client.get("/version")
    )


@pytest.mark.parametrize(
    ("path", "verb", "resource", "group", "name", "scope"),
    [
        (PODS, "list", "pods", "", "", "at the cluster scope"),
        (
            "/apis/apps/v1/namespaces/team-b/deployments/web",
            "get",
            "deployments",
            "apps",
            "web",
            'in the namespace "team-b"',
        ),
        (
            # Not even served: authorization comes first.
            "/apis/gateway.networking.k8s.io/v1/gateways",
            "list",
            "gateways",
            "gateway.networking.k8s.io",
            "",
            "at the cluster scope",
        ),
    ],
)
def test_a_reader_of_one_namespace_is_forbidden_the_rest_in_upstreams_words(
    start: Start, path: str, verb: str, resource: str, group: str, name: str, scope: str
) -> None:
    _, client = start(access=Access.namespaces({"team-a"}))
    subject = (f"{resource}.{group}" if group else resource) + (f' "{name}"' if name else "")
    refusal = f'User "alice" cannot {verb} resource "{resource}" in API group "{group}" {scope}'
    status, body, _ = client.send(path)
    content = json.loads(body)
    assert (status, content["reason"], content["message"]) == (
        403,
        "Forbidden",
        f"{subject} is forbidden: {refusal}",
    )
    assert len(client.get("/api/v1/namespaces/team-a/pods")["items"]) == 12
    assert client.send("/version")[0] == 200


def test_access_without_a_resource_leaves_the_others(start: Start) -> None:
    _, client = start(access=Access.without("secrets"))
    assert client.send("/api/v1/secrets")[0] == 403
    assert client.send(PODS)[0] == 200


def test_an_impersonated_user_is_the_one_who_is_named(start: Start) -> None:
    server, client = start(access=Access.namespaces({"team-a"}))
    body = client.get(PODS, Impersonate_User="bob", Impersonate_Group="auditors")
    assert 'User "bob" cannot list' in body["message"]
    assert server.requests[-1].headers["impersonate-user"] == "bob"
    review = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    headers = {"Impersonate_User": "bob", "Impersonate_Group": "auditors"}
    status, body, _ = client.send(review, method="POST", body={"kind": "SelfSubjectReview"}, **headers)
    info = json.loads(body)["status"]["userInfo"]
    assert (status, info["username"], info["groups"]) == (201, "bob", ["auditors", "system:authenticated"])


def test_self_reviews_tell_what_access_allows(start: Start) -> None:
    _, client = start(access=Access.namespaces({"team-a"}))
    base = "/apis/authorization.k8s.io/v1"

    def allowed(namespace: str) -> bool:
        attributes = {"verb": "list", "resource": "pods", "namespace": namespace}
        spec = {"spec": {"resourceAttributes": attributes}}
        answer = client.send(f"{base}/selfsubjectaccessreviews", method="POST", body=spec)
        return bool(json.loads(answer[1])["status"]["allowed"])

    assert [allowed("team-a"), allowed("team-b"), allowed("")] == [True, False, False]
    for namespace, count in (("team-a", 1), ("team-b", 0)):
        spec = {"spec": {"namespace": namespace}}
        answer = client.send(f"{base}/selfsubjectrulesreviews", method="POST", body=spec)
        assert len(json.loads(answer[1])["status"]["resourceRules"]) == count


def test_a_wrong_token_is_unauthorized_and_the_kubeconfig_has_the_right_one(
    start: Start, tmp_path: Path
) -> None:
    server, client = start(token="opensesame")
    assert client.send("/version")[0] == 401
    assert client.send("/version", Authorization="Bearer wrong")[0] == 401
    written = yaml.safe_load(server.kubeconfig(tmp_path / "config", namespace="team-a").read_text())
    token = written["users"][0]["user"]["token"]
    assert written["clusters"][0]["cluster"]["server"] == server.url
    assert written["contexts"][0]["context"]["namespace"] == "team-a"
    assert client.send("/version", Authorization=f"Bearer {token}")[0] == 200


def test_a_credential_plugin_stands_in_the_kubeconfig_instead_of_a_token(
    start: Start, tmp_path: Path
) -> None:
    server, _ = start(token="opensesame")
    path = server.kubeconfig(tmp_path / "config", exec_command=["plugin", "--quiet"])
    login = yaml.safe_load(path.read_text())["users"][0]["user"]
    assert (login["exec"]["command"], login["exec"]["args"]) == ("plugin", ["--quiet"])
    assert "token" not in login


def test_everything_but_reading_is_refused_and_recorded(start: Start) -> None:
    server, client = start()
    client.get(PODS)
    client.send("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", method="POST", body={"spec": {}})
    assert server.writes == []
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.send("/api/v1/namespaces/team-a/pods/web-1", method=method)[0] == 405
    assert [request.method for request in server.writes] == ["POST", "PUT", "PATCH", "DELETE"]
    assert {request.status for request in server.writes} == {405}


def test_large_answers_are_compressed_for_whoever_accepts_it(start: Start) -> None:
    large = named("v1", "Pod", "large", "team-a", spec={"padding": "x" * 200_000})
    server, client = start(FakeCluster([large]))
    _, plain, headers = client.send(PODS)
    assert "content-encoding" not in headers
    _, packed, headers = client.send(PODS, Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert server.requests[-1].bytes == len(packed) < len(plain)
    assert "content-encoding" not in client.send("/api/v1/nodes", Accept_Encoding="gzip")[2]


def test_a_folder_of_lists_becomes_a_cluster(start: Start, tmp_path: Path) -> None:
    lists = {
        "pods": [named("v1", "Pod", "web", "team-a")],
        "gateways.gateway.networking.k8s.io": [],
    }
    for name, items in lists.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"kind": "List", "items": items}))
    (tmp_path / "version.json").write_text('{"gitVersion": "v1.30.0"}')
    _, client = start(cluster_from(tmp_path))
    assert client.get("/version")["gitVersion"] == "v1.30.0"
    assert [item["metadata"]["name"] for item in client.get(PODS)["items"]] == ["web"]
    assert client.get("/apis/gateway.networking.k8s.io/v1/gateways")["items"] == []


def test_a_file_that_is_no_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_text("[]")
    with pytest.raises(ValueError, match=r"pods\.json"):
        list(documents_from(tmp_path))


@pytest.mark.skipif(not DUMP.is_dir(), reason="the dump of a real cluster is not here")
def test_a_real_cluster_is_served_whole(start: Start) -> None:
    documents = list(documents_from(DUMP))
    cluster = cluster_from(DUMP)
    assert sum(len(cluster.items(key)) for key in cluster.resources) == len(documents)
    _, client = start(cluster)
    for key, resource in cluster.resources.items():
        if "list" in resource.verbs:
            root = f"/apis/{resource.group}" if resource.group else "/api"
            page = client.get(f"{root}/{resource.versions[0]}/{resource.plural}")
            assert len(page["items"]) == len(cluster.items(key))
