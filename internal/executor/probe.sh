# Says what runs the job's scripts, and makes a file in each of the job's folders.
# What a login shell prints before may have no end of its line.
echo
echo "fargate-probe: runs ${BASH_VERSION:+ba}sh"
writable() {
	mkdir -p -- "$2" && true >"$2/.fargate-probe" && rm -f -- "$2/.fargate-probe" ||
		{ echo "fargate-probe: not writable $1"; exit 1; }
}
