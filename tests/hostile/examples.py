"""Valid examples of what is written by hand or by other programs."""

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: &labels {app: web}}
spec:
  selector: {matchLabels: *labels}
  template:
    metadata: {labels: *labels}
    spec:
      hostPID: true # a profiler
      containers:
      - name: app
        image: "example/web:1"
        securityContext: {privileged: yes, runAsUser: 0x0}
        args: [ |-
          two
          lines
        ]
"""
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts:
- name: here
  context: {cluster: c, user: u, namespace: shop}
clusters:
- name: c
  cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true, certificate-authority: ca.crt}
users:
- name: u
  user:
    token: secret-token
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [a], interactiveMode: Never,
      env: [{name: A, value: b}]}
- name: v
  user: {client-certificate-data: eA==, client-key-data: eA==, tokenFile: token, username: a, password: b}
"""
SETTINGS = """\
theme: dark
mouse: false
keymap: default
keys:
  list.down: [j, down]
checks: {disable: [wl-privileged], enable: []}
views:
  bad: {pane: findings, filter: "sev:>=high", namespaces: "!kube-*", groups: yes}
  short: is:fixable
"""
TRIAGE = """\
# Decisions about findings.
schema: ksec-triage/1
decisions:
  # why
  - check: wl-privileged
    object: apps/Deployment/shop/web
    state: accepted
    reason: "it is needed"
    owner: ann
    at: 2026-11-20
    expires: 2026-12-31
  - {check: wl-host-pid, object: apps/Deployment/shop/web, state: wont-fix, reason: old, at: 2026-11-20}
"""
QUESTIONS = """\
{"user":"jane","groups":["dev"],"resourceAttributes":{"verb":"get","group":"apps","resource":"deployments","name":"x"}}
{"spec":{"user":"jane","nonResourceAttributes":{"verb":"get","path":"/metrics"}}}
{"from":{"namespace":"shop","workload":"deploy/web"},"to":{"ip":"10.0.0.1"},"protocol":"TCP","port":80}
{"from":{"ip":"::1"},"to":{"namespace":"shop","pod":"web"},"protocol":"UDP","port":53}
{"id":1,"metadata":{"name":"p"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"i"}]}}
"""
FILTERS = (
    b"sev:>=high ns:prod-*,!kube-* kind:deploy is:new|fixable !cilium",
    b"""'word ^start end$ /re[g]ex+/ -l app=x,tier!=db -f fuzzy "two words" age:>3d cis:5.2""",
)
