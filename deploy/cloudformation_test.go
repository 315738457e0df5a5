package deploy_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

const (
	mainTemplate    = "cloudformation/fargate-operator.yaml"
	networkTemplate = "cloudformation/network.yaml"
)

func TestCloudFormation_References_NameWhatIsThere(t *testing.T) {
	for _, file := range []string{mainTemplate, networkTemplate} {
		tmpl := readTemplate(t, file)
		used := map[string]bool{}
		references(tmpl.tree, func(function, name string) {
			name, _, _ = strings.Cut(name, ".")
			used[name] = true
			_, isResource := tmpl.section("Resources")[name]
			_, isParameter := tmpl.section("Parameters")[name]
			_, isCondition := tmpl.section("Conditions")[name]
			known := isResource
			switch function {
			case "Condition":
				known = isCondition
			case "Ref", "Fn::Sub":
				known = isResource || isParameter || strings.HasPrefix(name, "AWS::")
			}
			if !known {
				t.Errorf("%s: %s names %s, which is not there", file, function, name)
			}
		})
		for _, section := range []string{"Parameters", "Conditions"} {
			for name := range tmpl.section(section) {
				if !used[name] {
					t.Errorf("%s: nothing uses %s of %s", file, name, section)
				}
			}
		}
	}
}

// filled is the main template with parameters, and values that AWS would give.
func filled(t *testing.T, parameters map[string]any) *template {
	t.Helper()
	tmpl := readTemplate(t, mainTemplate)
	for name, value := range parameters {
		tmpl.values[name] = value
	}
	name := tmpl.text(tmpl.values["Name"])
	for resource, value := range map[string]any{
		"Image": "registry.example.com/ci:1", "SubnetIds": []any{"subnet-1", "subnet-2"}, "VpcId": "vpc-1",
		"Cluster":           name,
		"Cluster.Arn":       "arn:aws:ecs:eu-west-1:111122223333:cluster/" + name,
		"TaskRole.Arn":      "arn:aws:iam::111122223333:role/" + name + "-task",
		"ExecutionRole.Arn": "arn:aws:iam::111122223333:role/" + name + "-execution",
		"LogGroup":          "/ecs/" + name,
		"LogGroup.Arn":      "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/" + name + ":*",
		"TaskSecurityGroup": "sg-1",
	} {
		tmpl.values[resource] = value
	}
	return tmpl
}

// properties are those of a resource.
func (tmpl *template) properties(resource string) map[string]any {
	properties := mapping(tmpl.resolve(mapping(tmpl.section("Resources")[resource])["Properties"]))
	if properties == nil {
		tmpl.t.Fatalf("there is no %s", resource)
	}
	return properties
}

// output is the value of an output.
func (tmpl *template) output(name string) string {
	return tmpl.text(mapping(tmpl.section("Outputs")[name])["Value"])
}

// policy is the only inline policy of a role.
func (tmpl *template) policy(role string) any {
	list := sequence(tmpl.properties(role)["Policies"])
	if len(list) != 1 {
		tmpl.t.Fatalf("%s has %d policies, want one", role, len(list))
	}
	return mapping(list[0])["PolicyDocument"]
}

func TestCloudFormation_StarterRole_HasTheGeneratedPolicy(t *testing.T) {
	for _, mode := range []string{"kubernetes", "standalone"} {
		tmpl := filled(t, map[string]any{"Mode": mode})
		checkPolicy(t, mode, tmpl.policy("StarterRole"), "REGION", "eu-west-1", "ACCOUNT", "111122223333",
			"CLUSTER", "ci", "TASK_ROLE", "ci-task", "EXECUTION_ROLE", "ci-execution", "LOG_GROUP", "/ecs/ci")
	}
}

func TestCloudFormation_ExecutionRole_MayDoWhatTheImageNeeds(t *testing.T) {
	for want, parameters := range map[string]map[string]any{
		"WriteLog":                      {},
		"WriteLog PullImage LogInToECR": {"EcrRepositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/ci"},
		"WriteLog ReadRegistrySecret":   {"RegistrySecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry"},
	} {
		encoded, err := json.Marshal(filled(t, parameters).policy("ExecutionRole"))
		if err != nil {
			t.Fatal(err)
		}
		var sids []string
		for _, statement := range parsePolicy(t, string(encoded)).Statement {
			sids = append(sids, statement.Sid)
		}
		if got := strings.Join(sids, " "); got != want {
			t.Errorf("statements %q, want %q", got, want)
		}
	}
}

func TestCloudFormation_Trust_IsOfTheOneWhoStartsTasks(t *testing.T) {
	irsa := map[string]any{
		"Trust": "irsa", "OidcProviderArn": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123",
	}
	var document struct {
		Statement []struct{ Condition map[string]map[string]string }
	}
	text := scalar(filled(t, irsa).properties("StarterRole")["AssumeRolePolicyDocument"])
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want := map[string]string{
		"oidc.eks.eu-west-1.amazonaws.com/id/0123:aud": "sts.amazonaws.com",
		"oidc.eks.eu-west-1.amazonaws.com/id/0123:sub": "system:serviceaccount:fargate-operator:fargate-operator",
	}
	if diff := cmp.Diff(want, document.Statement[0].Condition["StringEquals"]); diff != "" {
		t.Errorf("irsa: condition differs (-want +got):\n%s", diff)
	}
	for trust, want := range map[string]string{"pod_identity": "pods.eks.amazonaws.com", "instance_profile": "ec2.amazonaws.com"} {
		role := filled(t, map[string]any{"Trust": trust, "EksCluster": "platform"}).properties("StarterRole")
		text, err := json.Marshal(role["AssumeRolePolicyDocument"])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), `"Service":"`+want+`"`) {
			t.Errorf("%s: %s does not trust %s", trust, text, want)
		}
	}
}

func TestCloudFormation_Roles_HaveTheBoundaryAndThePrefix(t *testing.T) {
	const boundary = "arn:aws:iam::111122223333:policy/boundary"
	for resource, name := range map[string]string{"TaskRole": "ci-task", "ExecutionRole": "ci-execution", "StarterRole": "ci-starter"} {
		role := filled(t, nil).properties(resource)
		if _, bound := role["PermissionsBoundary"]; bound || role["RoleName"] != name {
			t.Errorf("%s: by default it is called %s, bound: %t", resource, role["RoleName"], bound)
		}
		role = filled(t, map[string]any{"PermissionsBoundary": boundary, "RoleNamePrefix": "App_"}).properties(resource)
		if role["PermissionsBoundary"] != boundary || role["RoleName"] != "App_"+name {
			t.Errorf("%s: it is called %s and bound by %s", resource, role["RoleName"], role["PermissionsBoundary"])
		}
	}
}

func TestCloudFormation_HealthCheck_IsTheImages(t *testing.T) {
	for _, value := range []string{"true", "false"} {
		containers := sequence(filled(t, map[string]any{"HealthCheck": value}).properties("TaskDefinition")["ContainerDefinitions"])
		check := mapping(mapping(containers[0])["HealthCheck"])
		if has := check != nil; has != (value == "true") {
			t.Errorf("HealthCheck %s: the container has one: %t", value, has)
		}
		if check != nil && !cmp.Equal(healthCheck(t), check["Command"]) {
			t.Errorf("health check differs (-want +got):\n%s", cmp.Diff(healthCheck(t), check["Command"]))
		}
	}
}

func TestCloudFormation_Outputs_AreReadByControllerAndExecutor(t *testing.T) {
	tmpl := filled(t, map[string]any{"SshUsername": "ci", "SshPort": 2222, "AssignPublicIp": "true"})
	checkClass(t, tmpl.output("FargateTaskClass"), &v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
		Region: "eu-west-1", Cluster: "ci", TaskDefinition: "ci",
		Network: v1alpha1.Network{
			Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, AssignPublicIP: v1alpha1.Enabled,
		},
		SSH: v1alpha1.SSHServer{Username: "ci", Port: 2222},
	}})
	checkKubernetesTOML(t, tmpl.output("FargateToml"))
	connectPrivately := false
	checkStandaloneTOML(t, filled(t, map[string]any{"Mode": "standalone"}).output("FargateToml"), &driverconfig.Fargate{
		Cluster: "ci", Region: "eu-west-1", TaskDefinition: "ci",
		Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1"}, UsePublicIP: &connectPrivately,
	})
}

// kinds are the kinds of CloudFormation for those of Terraform.
var kinds = map[string][]string{
	"aws_cloudwatch_log_group":            {"AWS::Logs::LogGroup"},
	"aws_ecs_cluster":                     {"AWS::ECS::Cluster"},
	"aws_ecs_cluster_capacity_providers":  {"AWS::ECS::Cluster"},
	"aws_ecs_task_definition":             {"AWS::ECS::TaskDefinition"},
	"aws_eip":                             {"AWS::EC2::EIP"},
	"aws_eks_pod_identity_association":    {"AWS::EKS::PodIdentityAssociation"},
	"aws_iam_instance_profile":            {"AWS::IAM::InstanceProfile"},
	"aws_iam_role":                        {"AWS::IAM::Role"},
	"aws_iam_role_policy":                 {"AWS::IAM::Role"},
	"aws_iam_role_policy_attachment":      {"AWS::IAM::Role"},
	"aws_internet_gateway":                {"AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment"},
	"aws_nat_gateway":                     {"AWS::EC2::NatGateway"},
	"aws_route":                           {"AWS::EC2::Route"},
	"aws_route_table":                     {"AWS::EC2::RouteTable"},
	"aws_route_table_association":         {"AWS::EC2::SubnetRouteTableAssociation"},
	"aws_security_group":                  {"AWS::EC2::SecurityGroup"},
	"aws_subnet":                          {"AWS::EC2::Subnet"},
	"aws_vpc":                             {"AWS::EC2::VPC"},
	"aws_vpc_endpoint":                    {"AWS::EC2::VPCEndpoint"},
	"aws_vpc_security_group_egress_rule":  {"AWS::EC2::SecurityGroup"},
	"aws_vpc_security_group_ingress_rule": {"AWS::EC2::SecurityGroupIngress"},
}

func TestCloudFormation_Resources_AreOfTheKindsOfTerraform(t *testing.T) {
	for file, module := range map[string]string{mainTemplate: "terraform", networkTemplate: filepath.Join("terraform", "network")} {
		want, got := map[string]bool{}, map[string]bool{}
		for _, kind := range declared(t, module, "resource") {
			if kinds[kind] == nil {
				t.Errorf("%s has a %s: add what it is in CloudFormation to kinds", module, kind)
			}
			for _, kind := range kinds[kind] {
				want[kind] = true
			}
		}
		for _, resource := range readTemplate(t, file).section("Resources") {
			got[scalar(mapping(resource)["Type"])] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s differs from %s (-Terraform +CloudFormation):\n%s", file, module, diff)
		}
	}
}
