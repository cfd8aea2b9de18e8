require "fileinto";
if header :contains "subject" "present" {
  fileinto "Presents";
} else {
  discard;
}
