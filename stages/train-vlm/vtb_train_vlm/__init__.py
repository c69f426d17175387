"""The stage that post-trains vision-language models with ms-swift."""
