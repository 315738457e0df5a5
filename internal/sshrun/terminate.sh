# Ends every process of a script, which started with a given environment entry.
#
# usage: sh -s -- NAME=VALUE TENTHS
#
# Sends SIGTERM, and SIGKILL to what is left after TENTHS tenths of a second.
# Needs only /proc and a POSIX shell; grep makes it faster where it exists.
# Exits with 0 if no such process is left, 1 if some are, 3 if it cannot tell.
#
# To the script belong the processes that carry the entry, what is in a session or
# a process group of theirs, and what they have started. In a container also what
# has started since the script below the first process: the script's daemons do.
# What the first process starts again in that time, as a supervisor, does too.
marker=$1
tenths=$2
newline='
'
set -f

# A PID namespace other than the machine's own is a container's. The number is
# PROC_PID_INIT_INO in Linux' include/linux/proc_ns.h.
namespace=$(readlink /proc/self/ns/pid 2>/dev/null)
case $namespace in '' | 'pid:[4026531836]') contained= ;; *) contained=yes ;; esac
mounts=$(readlink /proc/self/ns/mnt 2>/dev/null)

# Prints "PID START PPID GROUP SESSION NAME" of every process that has not ended.
processes() (
	set +f
	for file in /proc/[0-9]*/stat; do
		stat=
		while IFS= read -r line; do stat="$stat $line"; done <"$file"
		# "PID (NAME) STATE PPID GROUP SESSION …", where NAME may hold anything.
		fields=${stat##*") "}
		[ "$fields" != "$stat" ] || continue
		name=${stat#*"("}
		pid=${file#/proc/}
		set -f
		set -- $fields
		case $1 in Z | X) continue ;; esac
		echo "${pid%/stat} ${20} $2 $3 $4 ${name%")"*}"
	done 2>/dev/null
)

# Prints /proc/PID/environ of every process that carries the marker. This shell
# and what it starts don't carry it.
marked() (
	set +f
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
)

# Reports whether a process of the table belongs to the script.
belongs() {
	case $marks in *" /proc/$1/environ "*) return 0 ;; esac
	for relative in "$3" "$4" "$5"; do
		case $members in *" $relative/"*) return 0 ;; esac
	done
	[ -n "$contained" ] && is_daemon "$@"
}

# Reports whether a process has lost its parent, and started since the script.
# Others that have the container's first process for a parent are those of SSH
# servers, and what that process is named like.
is_daemon() {
	[ -n "$since" ] && [ "$3" = 1 ] && [ "$2" -ge "$since" ] || return 1
	case " $own" in *" $1 "*) return 1 ;; esac
	case $6 in sshd* | dropbear* | "$first") return 1 ;; esac
	[ "$(readlink "/proc/$1/ns/mnt" 2>/dev/null)" = "$mounts" ]
}

# Finds the first process' name, this shell's ancestors, and when the script has
# started.
survey() {
	own="$$ "
	next=$$
	while [ "$next" -gt 1 ]; do
		parent=
		IFS=$newline
		for line in $table; do
			IFS=' '
			set -- $line
			[ "$1" = "$next" ] && parent=$3
			[ "$1" = 1 ] && first=$6
			case $marks in *" /proc/$1/environ "*)
				[ -n "$since" ] && [ "$2" -ge "$since" ] || since=$2
				;;
			esac
		done
		next=${parent:-0}
		own="$own$next "
	done
	IFS=" $newline"
}

# Finds what belongs to the script, and what of that has not ended. Members stay
# known after their end, since what they have started may go on.
look() {
	table=$(processes)
	marks=' '
	for file in $(marked); do
		marks="$marks$file "
	done
	[ -n "$since" ] || survey
	more=yes
	while [ -n "$more" ]; do
		more=
		left=
		IFS=$newline
		for line in $table; do
			IFS=' '
			set -- $line
			case $members in
			*" $1/$2 "*) left="$left$1 " ;;
			*" $1/"*) # Another process has got the number of one that has ended.
				rest=${members#*" $1/"}
				members="${members%%" $1/"*} ${rest#* }"
				more=yes
				;;
			*)
				if belongs "$@"; then
					members="$members$1/$2 "
					left="$left$1 "
					more=yes
				fi
				;;
			esac
		done
	done
	IFS=" $newline"
}

signal() {
	for pid in $left; do
		kill -s "$1" -- "$pid" 2>/dev/null
	done
}

# Waits a tenth of a second, or a whole one if sleep takes no fractions.
pause() {
	sleep 0.1 2>/dev/null && return
	sleep 1
	tenths=$((tenths - 9))
}

[ -r /proc/self/environ ] || exit 3
IFS=" $newline"
members=' '
since=
first=
look
signal TERM
while [ "$tenths" -gt 0 ] && [ -n "$left" ]; do
	pause
	tenths=$((tenths - 1))
	look
done
rounds=20
while [ -n "$left" ]; do
	[ "$rounds" -gt 0 ] || exit 1
	rounds=$((rounds - 1))
	signal KILL
	pause
	look
done
exit 0
