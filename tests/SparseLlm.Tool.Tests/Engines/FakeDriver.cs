namespace SparseLlm.Tool.Tests.Engines;

/// <summary>A program that tells of a GPU as Nvidia's driver does.</summary>
internal static class FakeDriver
{
    /// <summary>Writes it into a folder, which is returned.</summary>
    public static string In(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "nvidia-smi");
        File.WriteAllText(path, """
            #!/bin/sh
            case "$1" in
              --list-gpus) echo "GPU 0: NVIDIA L4 (UUID: GPU-0)" ;;
              --query-gpu=*) echo "550.54.15, 23034, NVIDIA L4" ;;
              *) echo "| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4     |" ;;
            esac

            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }

        return folder;
    }
}
