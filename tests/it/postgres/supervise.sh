# Makes a PostgreSQL in a folder of its own, says where it is, and waits until nobody holds the other
# end of standard input any more: the process of the tests has ended then, however it did. Then the
# server is stopped and the folder removed.
#
# Arguments: the folder of PostgreSQL's programs, a free port, lines for postgresql.conf.
set -u
programs=$1 port=$2 settings=$3
umask 077
folder=$(mktemp -d "${TMPDIR:-/tmp}/rolecall-postgres.XXXXXX") || exit 1
cd "$folder" || exit 1

remove() {
  for data in data standby; do
    [ -s "$data/postmaster.pid" ] || continue
    # Processes that were frozen hear nothing else.
    first=$(head -n 1 "$data/postmaster.pid")
    kill -CONT "$first" $(cat "/proc/$first/task/$first/children" 2>/dev/null) 2>/dev/null
    "$programs/pg_ctl" stop -D "$data" -m immediate -t 20 >/dev/null 2>&1
  done
  cd / && rm -rf "$folder"
}
trap remove EXIT
trap 'exit 1' HUP INT TERM

must() {
  "$@" >>log 2>&1 </dev/null || {
    cat log
    exit 1
  }
}

must "$programs/initdb" -D data -U postgres --auth=trust --no-sync --no-locale -E UTF8
cat >>data/postgresql.conf <<EOF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
max_connections = 500
max_wal_size = 256MB
$settings
EOF
# Who owns everything is let in from this folder only, which nobody else can enter.
cat >data/pg_hba.conf <<EOF
local all all trust
local replication postgres trust
host all with_password 127.0.0.1/32 scram-sha-256
host all rolecall 127.0.0.1/32 trust
EOF
must "$programs/pg_ctl" start -w -D data -l log
must "$programs/psql" -X -q -h "$folder" -p "$port" -U postgres -d postgres \
  -c "CREATE ROLE rolecall LOGIN" \
  -c "CREATE ROLE with_password LOGIN IN ROLE rolecall PASSWORD 'a secret of the tests'"

echo "ready $folder"
while read -r _; do :; done
