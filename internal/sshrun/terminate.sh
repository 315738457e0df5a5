# Ends every process that was started with a given environment entry.
#
# usage: sh -s -- NAME=VALUE TENTHS
#
# Sends SIGTERM, and SIGKILL to what is left after TENTHS tenths of a second.
# Needs only /proc and a POSIX shell; grep makes it faster where it exists.
# Exits with 0 if no such process is left, 1 if some are, 3 if it cannot tell.
marker=$1
tenths=$2

# Prints /proc/PID/environ of every process that carries the marker. This shell
# and what it starts don't carry it.
marked() {
	if command -v grep >/dev/null 2>&1; then
		# Without -F, since with it busybox looks at the first entry only.
		grep -ls -e "$marker" /proc/[0-9]*/environ
		return
	fi
	for file in /proc/[0-9]*/environ; do
		while IFS= read -r line || [ -n "$line" ]; do
			case $line in *"$marker"*)
				echo "$file"
				break
				;;
			esac
		done <"$file"
	done 2>/dev/null
}

# Prints the process group of a process.
group_of() {
	stat=
	IFS= read -r stat 2>/dev/null <"/proc/$1/stat"
	# "PID (NAME) STATE PPID PGRP …", where NAME may hold anything.
	set -- ${stat##*") "}
	echo "${3:-0}"
}

# Prints what to signal: the whole process group if its leader carries the
# marker, which reaches members that cleared their environment; otherwise the
# process.
targets() {
	pids=
	for file in $(marked); do
		pid=${file#/proc/}
		pids="$pids ${pid%/environ}"
	done
	found=
	for pid in $pids; do
		group=$(group_of "$pid")
		target=$pid
		case " $pids " in *" $group "*) target=-$group ;; esac
		case " $found " in *" $target "*) ;; *) found="$found $target" ;; esac
	done
	echo "$found"
}

signal() {
	for target in $(targets); do
		kill -s "$1" -- "$target" 2>/dev/null
	done
}

# Waits a tenth of a second, or a whole one if sleep takes no fractions.
pause() {
	sleep 0.1 2>/dev/null && return
	sleep 1
	tenths=$((tenths - 9))
}

[ -r /proc/self/environ ] || exit 3
signal TERM
while [ "$tenths" -gt 0 ] && [ -n "$(marked)" ]; do
	pause
	tenths=$((tenths - 1))
done
rounds=20
while [ -n "$(marked)" ]; do
	[ "$rounds" -gt 0 ] || exit 1
	rounds=$((rounds - 1))
	signal KILL
	pause
done
exit 0
