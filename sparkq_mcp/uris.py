"""The addresses of the resources."""

QUEUES = "sparkq://queues"
SCRIPTS = "sparkq://scripts"
PLAYBOOK = "sparkq://playbook"
TASKS = "sparkq://tasks"
JSON_TYPE = "application/json"
