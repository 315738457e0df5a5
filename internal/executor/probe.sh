# Says what runs the job's scripts, and makes a file in each of the job's folders.
echo "fargate-probe: runs ${BASH_VERSION:+ba}sh"
writable() {
	mkdir -p -- "$2" && : >"$2/.fargate-probe" && rm -f -- "$2/.fargate-probe" ||
		{ echo "fargate-probe: not writable $1"; exit 1; }
}
