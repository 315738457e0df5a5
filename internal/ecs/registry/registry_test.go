package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/image"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

const (
	ecrImage   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ci/app:1"
	ownImage   = "registry.example.com/group/app:1"
	publicName = "node:22"
	secretARN  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ci/registry-AbCdEf"
	password   = "correct-horse"
)

var home = ecs.Location{Region: "us-east-1", Cluster: "ci"}

func start(t *testing.T, secrets map[string]string) *localecstest.Env {
	t.Helper()
	return localecstest.Start(t, localecs.Config{Secrets: secrets})
}

func newLogins(t *testing.T) *Logins {
	t.Helper()
	logins, err := New(&ecs.Clients{}, []Allowed{{"arn:aws:secretsmanager:*:123456789012:secret:*", "registry.example.com:443"}})
	if err != nil {
		t.Fatal(err)
	}
	return logins
}

func mustParse(t *testing.T, written string) image.Name {
	t.Helper()
	n, err := image.Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustOf(t *testing.T, l *Logins, loc ecs.Location, arn string) *Credentials {
	t.Helper()
	c, err := l.Of(loc, []Secret{{Pattern: "registry.example.com/group/**", ARN: arn}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEcrRegion_Hosts_OfECRAlone(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com":                    "eu-west-1",
		"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com":           "us-gov-west-1",
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn":                "cn-north-1",
		"123456789012.dkr-ecr.ap-southeast-2.on.aws":                      "ap-southeast-2",
		"123456789012.dkr-ecr-fips.us-east-1.on.aws":                      "us-east-1",
		"123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn": "cn-northwest-1",
		"123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu":                "eusc-de-east-1",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com":        "",
		"x.123456789012.dkr.ecr.eu-west-1.amazonaws.com":                  "",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000":               "",
		"12345678901.dkr.ecr.eu-west-1.amazonaws.com":                     "",
		"123456789012.dkr.ecr.example.amazonaws.com":                      "",
		"123456789012.dkr.ecr.eu-west-1.example.com":                      "",
		"registry.example.com":                                            "",
	} {
		if got := ecrRegion(host); got != want {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

func TestOf_InvalidSecret_IsNamed(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Secret{
		`begin "**" with a registry's host`:                               {"**", secretARN},
		`begin "group/**" with a registry's host`:                         {"group/**", secretARN},
		`"ci/registry" for images registry.example.com/** is not the ARN`: {"registry.example.com/**", "ci/registry"},
		`is not the ARN of a secret in AWS Secrets Manager`:               {"registry.example.com/**", "arn:aws:s3:::bucket"},
		`another" for images registry.example.com/** is not the ARN`:      {"registry.example.com/**", strings.Replace(secretARN, ":secret:", ":other:", 1) + "another"},
		secretARN + " may not be sent to other.example.com":               {"other.example.com/**", secretARN},
		"secret:production may not be sent to registry.example.com":       {"registry.example.com/**", "arn:aws:secretsmanager:us-east-1:999999999999:secret:production"},
	} {
		if _, err := newLogins(t).Of(home, []Secret{{"registry.example.com/**", secretARN}, s}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestNew_AllowedHostIsInvalid_IsNamed(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "*", "*.example.com", "registry"} {
		if _, err := New(&ecs.Clients{}, []Allowed{{"*", host}}); err == nil || !strings.Contains(err.Error(), "that may get the secrets *: begin") {
			t.Errorf("%q: got %v", host, err)
		}
	}
}

func TestOf_NothingIsAllowed_NoSecretIs(t *testing.T) {
	t.Parallel()
	logins, err := New(&ecs.Clients{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := logins.Of(home, []Secret{{"registry.example.com/**", secretARN}}); err == nil {
		t.Error("a secret is allowed")
	}
	if _, err := logins.Of(home, nil); err != nil {
		t.Error(err)
	}
}

func TestLogin_ECR_IsTheIdentitysAndRememberedAlmostToItsEnd(t *testing.T) {
	env := start(t, nil)
	logins := newLogins(t)
	now := time.Now()
	logins.now = func() time.Time { return now }
	own, other := mustOf(t, logins, home, secretARN), home
	other.AssumeRoleARN = "arn:aws:iam::123456789012:role/other"
	get := func(c *Credentials, written string, calls int) {
		t.Helper()
		n := mustParse(t, written)
		login, err := c.Login(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		if username, password := login.Reveal(); username != "AWS" || password != localecs.ECRPassword {
			t.Errorf("got %s, %s", username, password)
		}
		if got := env.Calls()["GetAuthorizationToken"]; got != calls {
			t.Errorf("%s: %d calls, want %d", written, got, calls)
		}
	}
	get(own, ecrImage, 1)
	get(own, strings.Replace(ecrImage, "1234", "9999", 1), 1)
	get(own, strings.Replace(ecrImage, "us-east-1", "eu-west-1", 1), 2)
	get(mustOf(t, logins, other, secretARN), ecrImage, 3)
	now = now.Add(12*time.Hour - tokenMargin - 2*time.Second)
	get(own, ecrImage, 3)
	now = now.Add(2 * time.Second)
	get(own, ecrImage, 4)
}

func TestLogin_Secret_IsThatOfThePatternAndRememberedShortly(t *testing.T) {
	env := start(t, map[string]string{secretARN: fmt.Sprintf(`{"username":"robot","password":%q}`, password)})
	logins := newLogins(t)
	now := time.Now()
	logins.now = func() time.Time { return now }
	c := mustOf(t, logins, home, secretARN)
	for _, calls := range []int{1, 1, 2} {
		login, err := c.Login(t.Context(), mustParse(t, ownImage))
		if err != nil {
			t.Fatal(err)
		}
		if username, got := login.Reveal(); username != "robot" || got != password {
			t.Errorf("got %s, %s", username, got)
		}
		if got := env.Calls()["GetSecretValue"]; got != calls {
			t.Errorf("%d calls, want %d", got, calls)
		}
		now = now.Add(secretTTL / 2)
	}
	if printed := fmt.Sprintf("%+v %#v", logins.known, logins.known); strings.Contains(printed, password) {
		t.Errorf("printed %s", printed)
	}
	for written, want := range map[string]string{ownImage: secretARN, "registry.example.com/other/app": "", ecrImage: "", publicName: ""} {
		if got := c.Secret(mustParse(t, written)); got != want {
			t.Errorf("%s: the secret is %q, want %q", written, got, want)
		}
	}
	login, err := c.Login(t.Context(), mustParse(t, publicName))
	if err != nil || login.String() != "nobody" || c.Identity(mustParse(t, publicName)) != "" {
		t.Errorf("an image of others: got %s, %v", login, err)
	}
}

func TestIdentity_RolesSecretsAndRegions_DoNotShare(t *testing.T) {
	t.Parallel()
	logins := newLogins(t)
	other := home
	other.AssumeRoleARN = "arn:aws:iam::123456789012:role/other"
	seen := map[string]bool{}
	for _, c := range []*Credentials{
		mustOf(t, logins, home, secretARN), mustOf(t, logins, other, secretARN),
	} {
		for _, written := range []string{ecrImage, ownImage, strings.Replace(ecrImage, "us-east-1", "eu-west-1", 1)} {
			seen[c.Identity(mustParse(t, written))] = true
		}
	}
	if len(seen) != 6 {
		t.Errorf("identities are %v", seen)
	}
}

func TestLogin_ManyAtOnce_ShareACall(t *testing.T) {
	env := start(t, nil)
	c := mustOf(t, newLogins(t), home, secretARN)
	n := mustParse(t, ecrImage)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := c.Login(t.Context(), n); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := env.Calls()["GetAuthorizationToken"]; got != 1 {
		t.Errorf("%d calls", got)
	}
}

func TestLogin_SecretIsUseless_IsDeniedAndOnlyTheLogHasItsARN(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"missing":    {"", "the secret for its registry does not exist"},
		"not JSON":   {password, `does not hold {"username": "…", "password": "…"}`},
		"other keys": {`{"user":"robot","password":"` + password + `"}`, "does not hold"},
		"other case": {`{"Username":"robot","PASSWORD":"` + password + `"}`, "does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := map[string]string{}
			if test.value != "" {
				secrets[secretARN] = test.value
			}
			start(t, secrets)
			_, err := mustOf(t, newLogins(t), home, secretARN).Login(t.Context(), mustParse(t, ownImage))
			var fault *image.Error
			if !errors.As(err, &fault) || fault.Reason != image.Denied || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			if strings.Contains(err.Error(), secretARN) || fault.Detail != secretARN {
				t.Errorf("%v has the ARN, or the log has %q", err, fault.Detail)
			}
			if strings.Contains(err.Error()+fault.Detail, password) {
				t.Errorf("%v has the password", err)
			}
		})
	}
}

// Tasks may be allowed what the controller is not.
func TestLogin_AWSDeniesIt_SaysNothingAboutTheImage(t *testing.T) {
	env := start(t, map[string]string{secretARN: "{}"})
	c := mustOf(t, newLogins(t), home, secretARN)
	for action, written := range map[string]string{"secretsmanager:GetSecretValue": ownImage, "ecr:GetAuthorizationToken": ecrImage} {
		_, name, _ := strings.Cut(action, ":")
		env.FailNext(name, 1, localecs.ErrorFault(localecs.APIError{
			Code: "AccessDeniedException", Message: "User: x is not authorized to perform: " + action + " on resource: y",
		}))
		_, err := c.Login(t.Context(), mustParse(t, written))
		var fault *image.Error
		if err == nil || errors.As(err, &fault) || !strings.Contains(err.Error(), "give the identity in use the permission "+action) {
			t.Errorf("%s: got %v", action, err)
		}
	}
}

func TestLogin_AWSIsSilent_MayPass(t *testing.T) {
	env := start(t, nil)
	env.FailNext("GetAuthorizationToken", 10, localecs.ErrorFault(localecs.APIError{Code: "ServerException", Message: "busy", Status: 500}))
	c := mustOf(t, newLogins(t), home, secretARN)
	_, err := c.Login(t.Context(), mustParse(t, ecrImage))
	var known *image.Error
	if err == nil || errors.As(err, &known) {
		t.Errorf("got %v, want an error that is not an administrator's", err)
	}
	env.Reset()
	env.FailNext("GetAuthorizationToken", 1, localecs.HangFault())
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := c.Login(ctx, mustParse(t, ecrImage)); !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left got %v", err)
	}
}

func TestImagesPolicy_Logins_AreAllowed(t *testing.T) {
	env := start(t, map[string]string{secretARN: `{"username":"robot","password":"x"}`})
	document, err := os.ReadFile("../../../config/aws/images-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("REGION", "us-east-1", "ACCOUNT", "123456789012", "SECRET", "ci/registry-*").Replace(string(document))
	policy, err := iam.Parse([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	env.SetPolicy("images", policy)
	t.Setenv("AWS_ACCESS_KEY_ID", "images")
	c := mustOf(t, newLogins(t), home, secretARN)
	for _, written := range []string{ecrImage, ownImage} {
		if _, err := c.Login(t.Context(), mustParse(t, written)); err != nil {
			t.Error(err)
		}
	}
	other := mustOf(t, newLogins(t), home, strings.Replace(secretARN, "ci/", "production/", 1))
	_, err = other.Login(t.Context(), mustParse(t, ownImage))
	if err == nil || !strings.Contains(err.Error(), "secretsmanager:GetSecretValue") {
		t.Errorf("another secret: got %v", err)
	}
}
