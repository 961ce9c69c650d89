from __future__ import annotations

from pathlib import Path

import pytest

from gates.host.folders import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "base")
    made.make_standard_directories()
    return made


def test_everything_lies_below_the_base(folders: Folders) -> None:
    base = folders.base_path
    assert folders.get_input_directory() == f"{base}/input"
    assert folders.get_folder_paths("checkpoints") == [
        f"{base}/models/checkpoints",
        f"{base}/output/checkpoints",
    ]
    assert folders.get_directory_by_type("temp") == f"{base}/temp"
    assert folders.get_directory_by_type("models") is None


def test_an_annotation_names_the_folder(folders: Folders) -> None:
    assert folders.annotated_filepath("a.png [output]") == ("a.png", folders.output_directory)
    assert folders.annotated_filepath("a.png") == ("a.png", None)
    assert folders.get_annotated_filepath("sub/a.png [temp]") == f"{folders.temp_directory}/sub/a.png"


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "x/../../a.png [output]", "a\0b"])
def test_a_name_that_leaves_its_folder_is_refused(folders: Folders, name: str) -> None:
    with pytest.raises(ValueError, match="Invalid file path|null byte"):
        folders.get_annotated_filepath(name)
    assert not folders.exists_annotated_filepath(name)


def test_a_link_out_of_a_folder_is_outside(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("s")
    link = Path(folders.input_directory) / "link.txt"
    link.symlink_to(tmp_path / "secret.txt")
    assert not folders.is_within_directory(folders.input_directory, str(link))


def test_a_saved_file_gets_the_next_number(folders: Folders) -> None:
    output = Path(folders.output_directory)
    for name in ("job_1_00001_.png", "job_1_00007_.png", "job_12_00009_.png", "job_1_x.png"):
        (output / name).touch()
    assert folders.get_save_image_path("job_1", str(output))[1:4] == ("job_1", 8, "")
    assert folders.get_save_image_path("job_12", str(output))[2] == 10
    assert folders.get_save_image_path("new/job", str(output))[1:4] == ("job", 1, "new")
    assert folders.get_save_image_path("%width%x%height%", str(output), 3, 4)[1] == "3x4"


@pytest.mark.parametrize("prefix", ["../x", "/tmp/x", "a/../../x"])
def test_nothing_is_saved_outside(folders: Folders, prefix: str) -> None:
    with pytest.raises(ValueError, match="leaves the output folder"):
        folders.get_save_image_path(prefix, folders.output_directory)


def test_system_users_have_no_public_folder(folders: Folders) -> None:
    assert folders.get_public_user_directory("__system") is None
    assert folders.get_system_user_directory("cache") == f"{folders.user_directory}/__cache"
    with pytest.raises(ValueError, match="no name for a system user"):
        folders.get_system_user_directory("_x")


def test_model_files_are_listed_by_extension_and_found(folders: Folders) -> None:
    models = Path(folders.models_dir) / "loras" / "sub"
    models.mkdir(parents=True)
    (models / "a.safetensors").touch()
    (models / "notes.txt").touch()
    assert folders.get_filename_list("loras") == ["sub/a.safetensors"]
    assert folders.get_full_path("loras", "sub/a.safetensors") == str(models / "a.safetensors")
    assert folders.get_full_path("loras", "../../x") is None
    with pytest.raises(FileNotFoundError, match="no model"):
        folders.get_full_path_or_raise("loras", "b.safetensors")


def test_packs_add_folders(folders: Folders) -> None:
    folders.add_model_folder_path("mine", "/a")
    folders.add_model_folder_path("mine", "/b", is_default=True)
    folders.add_model_folder_path("mine", "/a", is_default=True)
    assert folders.get_folder_paths("mine") == ["/a", "/b"]
    assert folders.get_folder_paths("unet") == folders.get_folder_paths("diffusion_models")


def test_kinds_of_files(folders: Folders) -> None:
    files = ["a.png", "b.webp", "c.txt", "d.mp4", "e"]
    assert folders.filter_files_content_types(files, ["image"]) == ["a.png", "b.webp"]
    assert folders.is_dangerous_content_type("TEXT/HTML; charset=utf-8")
    assert folders.is_dangerous_content_type("image/svg+xml")
    assert not folders.is_dangerous_content_type("image/png")
